"""Training of the β-VAE."""
