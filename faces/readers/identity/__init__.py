"""Who a face is: dlib's face recognition network, the pictures it takes, distances, groups."""

import lazy_loader

# the names are those of the stub beside this file; their modules load when first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
