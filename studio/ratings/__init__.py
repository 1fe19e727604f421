"""Human ratings of stimuli: designing a study, reading its data, judging raters, norms."""
