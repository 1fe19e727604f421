"""From a picture to the latent that makes it: encoder, optimisation, pivotal tuning, and the gate.

inversion = invert(generator, image, InvertConfig(), encoder)
pictures = edit(inversion, explorer, valence=0.6, arousal=0.2)
"""

import lazy_loader

# the names are those of the stub beside this file; their modules load when first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
