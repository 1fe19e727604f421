"""Sources of faces behind one protocol.

protocol      what every generator offers, and what some offer beside it
vae_decoder   the decoder of a β-VAE
stylegan      StyleGAN3 and StyleGAN2
code_decoder  a StyleGAN that learned to decode a β-VAE's codes, so that it encodes pictures too
opening       from a name or file to a generator; it alone knows all of them
"""
