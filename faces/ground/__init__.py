"""What every floor stands on, and nothing of faces."""
