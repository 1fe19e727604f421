"""Stimuli: how a picture was made, where its points lie, grids, luminance, exports, sheets."""
