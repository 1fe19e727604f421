"""Pages that stand alone: no script, no font, no picture from elsewhere; dark, light or print.

A report is a template in `templates/` and a module that draws its figures and lays out its tables.
Whatever a template is given is text and is escaped; only what `studio.reports.drawing` drew is not.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faces.ground.files import write_bytes
from studio.reports import formatting

if TYPE_CHECKING:
    from jinja2 import Environment

#: A row of a table: its name, then text, or a figure with what stands smaller beside it.
Row = Sequence[str | tuple[str, str]]


def render_template(template: str, **values: Any) -> str:
    """HTML of a template; a name that it needs and is not given is an error."""
    return _environment().get_template(template).render(values)


def write_page(path: Path, html: str) -> Path:
    """Write a page, whole or not at all; what UTF-8 cannot hold becomes a question mark."""
    write_bytes(path, html.encode("utf-8", "replace"))
    return path


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("studio.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": formatting.number,
        "interval": formatting.interval,
        "small": formatting.small,
        "percent": formatting.percent,
        "percent_interval": formatting.percent_interval,
        "counted": formatting.counted,
        "plain": formatting.plain,
        "listed": formatting.listed,
    }
    return environment
