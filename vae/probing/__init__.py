"""Linear probes of the latent, the directions made of them, and the evidence about both."""
