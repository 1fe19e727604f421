"""Head pose in degrees: from landmarks, from pixels by Hopenet, and from published labels."""
