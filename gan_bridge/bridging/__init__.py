"""Valence and arousal directions carried from a β-VAE into a StyleGAN's w."""
