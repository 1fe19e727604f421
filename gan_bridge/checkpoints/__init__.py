"""Checkpoints that `torch.save` wrote, read as data: tensors by name, and nothing else of them.

loading     the file: tensors, plain values, and blanks for what else lies in it
families    what other kinds of generator are called, for the line that refuses them
rosinality  StyleGAN2 by the names of rosinality's code, which e4e, pSp and others build on
official    state dicts of StyleGAN2-ADA and StyleGAN3, without their settings
reading     from a file to networks: the one that the rest calls
"""
