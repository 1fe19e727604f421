"""The pixel reader: expression, valence and arousal by one compact network, and its training."""
