"""Network pickles as data: read without Python's unpickler, without executing anything from them.

refusal         why a pickle is refused
machine         a stack machine, over the opcodes of `pickletools`, that builds plain data
arrays          numpy's arrays, scalars and dtypes, of checked bytes
tensors         torch's storages and tensors, the same
allowed         the exact list of (module, name) pairs, each with a function of our own
modules         saved PyTorch modules: attributes, constructor arguments, tensors
settings        from such values to the records that networks are built from
generators      the official generators
discriminators  the official discriminator
tensorflow      the variables of TensorFlow's StyleGAN2, and tensorflow_settings, its settings
"""
