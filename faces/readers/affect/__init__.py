"""Valence and arousal from action units."""
