"""The one exception that people are meant to read."""


class CircumplexError(Exception):
    """A failure the user can mend: one line that says what, where, and what to do."""


def first_line(error: BaseException) -> str:
    """What a library's exception says, on one line; its type where it says nothing."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
