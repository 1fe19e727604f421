"""How much of a face's identity stays."""
