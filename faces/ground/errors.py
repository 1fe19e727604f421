"""The one exception that people are meant to read."""


class CircumplexError(Exception):
    """A failure the user can mend: one line that says what, where, and what to do."""
