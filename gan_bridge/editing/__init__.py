"""Moves of a face about the circumplex: the explorer, layers, calibration."""
