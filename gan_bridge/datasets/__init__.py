"""Sets of faces that generators are trained on."""
