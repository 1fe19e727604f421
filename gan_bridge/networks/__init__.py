"""Generators and discriminators in plain PyTorch, named so that official weights load strictly.

config         what a network is: three frozen records
filters        low-pass filters as banded matrices
signals        the stages of a StyleGAN3 and the waves it begins with
initial        the numbers that a network begins with
layers         the equalised linear layer, the mapping network, the modulated convolution
alias_free     StyleGAN3 (Karras et al. 2021), configs T and R
tiles          its nonlinearity on a CPU, in tiles that stay near a core
winograd       wide convolutions on a CPU, with a quarter of the products
kernels        weights in the layout that a convolution wants, kept until they change
parallel       threads of one core each for both, and their scratch memory
convolutions   what the two below share: resampling, plain convolutions
stylegan2      StyleGAN2 (Karras et al. 2020): skip, residual and plain generators
discriminator  StyleGAN2's discriminator, which StyleGAN3 uses too
"""
