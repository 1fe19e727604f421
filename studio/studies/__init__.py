"""Studies of faces: what goes with what, as tables, figures and pages."""
