"""How classifiers of expression are scored, drawn and reported."""
