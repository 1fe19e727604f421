"""What was measured, for people: a module a report, one folder of templates."""
