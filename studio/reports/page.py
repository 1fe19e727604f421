"""A page that stands alone: no script, no font, no picture from elsewhere; dark, light or print."""

from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2326; --quiet: #5c686d; --paper: #fbfaf7;
  --card: #ffffff; --line: #dedbd2; --valence: #1f8a8a; --arousal: #c9571f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e4de; --quiet: #9aa5a8; --paper: #15191b;
  --card: #1d2325; --line: #343c3f; --valence: #49b8b4; --arousal: #ef8a52; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 3rem 0 .8rem; padding-top: 1rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.6rem 0 .5rem; }
p { max-width: 46rem; margin: .6rem 0; }
.quiet, figcaption, caption { color: var(--quiet); font-size: .875rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem;
  margin: 1.6rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1rem 1.1rem; }
.card b { display: block; font-size: 1.9rem; font-weight: 650; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.card.valence b { color: var(--valence); }
.card.arousal b { color: var(--arousal); }
.card span { display: block; color: var(--quiet); font-size: .85rem; }
figure { margin: 1.2rem 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figure svg text { font-family: inherit !important; }
figcaption { max-width: 46rem; margin-top: .5rem; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.pair figure { flex: 1 1 20rem; }
.strip img { display: block; width: 100%; border-radius: .4rem; }
.ticks { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; text-align: center;
  color: var(--quiet); font-size: .8rem; font-variant-numeric: tabular-nums; margin-top: .25rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-weight: 600; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
td small { color: var(--quiet); font-size: .82em; margin-left: .35em; }
caption { text-align: left; caption-side: bottom; padding-top: .5rem; }
code { font: .85em ui-monospace, "SF Mono", Consolas, monospace; overflow-wrap: anywhere; }
@media print { :root { --paper: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #bbb;
  --valence: #1f8a8a; --arousal: #c9571f; color-scheme: light; }
  main { max-width: none; padding: 0; } body { font-size: 10.5pt; }
  figure, .card, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } }
"""


def page(title: str, body: str) -> str:
    """A whole HTML document; `title` is text, `body` is HTML."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    """A heading (text) and what stands below it (HTML)."""
    return "\n".join(["<section>", f"<h2>{escape(title)}</h2>", *parts, "</section>"])


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of text, of class `kind`."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def figure(content: str, caption: str, kind: str = "") -> str:
    """A drawing (HTML) with its caption (text)."""
    start = f'<figure class="{kind}">' if kind else "<figure>"
    return f"{start}\n{content}\n<figcaption>{escape(caption)}</figcaption>\n</figure>"


def card(title: str, value: str, notes: list[str], kind: str = "") -> str:
    """One figure that matters, with what it is and what it must be read beside; all text."""
    below = "".join(f"<span>{escape(note)}</span>" for note in notes)
    head = f"<span>{escape(title)}</span><b>{escape(value)}</b>"
    return f'<div class="card {kind}">{head}{below}</div>'


def table(head: list[str], rows: list[list[str | tuple[str, str]]], caption: str = "") -> str:
    """A table of text; a cell that is a pair holds a figure and, smaller, its interval."""
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "\n".join(
        f'<tr><th scope="row">{escape(str(row[0]))}</th>{"".join(map(_cell, row[1:]))}</tr>'
        for row in rows
    )
    below = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="wide"><table>{below}<thead><tr>{cells}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


def _cell(content: str | tuple[str, str]) -> str:
    if isinstance(content, str):
        return f"<td>{escape(content)}</td>"
    value, note = content
    return f'<td class="n">{escape(value)}<small>{escape(note)}</small></td>'
