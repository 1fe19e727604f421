"""Facial action units (FACS) from blendshapes."""
