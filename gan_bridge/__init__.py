"""Generators of faces behind one protocol, and the walk through them by valence and arousal."""

import lazy_loader

# the names are those of the stub beside this file; their modules load when first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
