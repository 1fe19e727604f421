"""Where faces come from: AffectNet's forms, class folders, tables; one door to all of them."""
