"""Which parts of a face are hidden, and whether it stands upright."""
