"""Edits judged by readers that did not make them: what was requested, what a face then shows."""
