"""Real faces: sets of them, and the circumplex on which their affect lies."""
