"""Training of StyleGANs on face sets, from a checkpoint or from a random start."""
