"""The metrics tab: what was measured on faces that the probes never saw, beside its baselines."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from vae.evidence import measured

_SETS = {"held_out": "held-out faces", "test": "a set never seen"}
_SCORES = (
    ("r2", "R²", "share of the labels' variance that the linear probe explains"),
    ("ccc", "CCC", "agreement: correlation, less any bias or change of scale"),
    ("pearson", "Pearson r", "correlation of prediction and label"),
    ("rmse", "RMSE", "typical error, in units of the label (−1 … 1)"),
)


def no_evidence() -> str:
    """What stands here when nothing was measured."""
    return (
        '<section class="evidence"><p class="empty">No report lies beside these directions. '
        "<code>circumplex probe RUN FACESET</code> measures them.</p></section>"
    )


def other_evidence() -> str:
    """What stands here when the report beside the directions was made for another model."""
    return (
        '<section class="evidence"><p class="empty">The report beside these directions measured '
        "another model. <code>circumplex probe RUN FACESET</code> measures this one.</p></section>"
    )


def evidence_page(evidence: Mapping[str, Any]) -> str:
    """The numbers of report.json as HTML."""
    parts = [_cosine(evidence["directions"])]
    for name, found in measured(evidence):
        parts.append(
            f'<h3>On {_SETS[name]} <span class="quiet">{escape(str(found["set"]))}, '
            f"{escape(str(found['split']))} split, {found['n']:,} faces</span></h3>"
        )
        parts.append(
            '<div class="cards">'
            + "".join(_target(label, found) for label in ("valence", "arousal"))
            + "</div>"
        )
        parts.append(f'<div class="cards small">{"".join(_latent(found))}</div>')
    parts.append(_caveat(evidence))
    return f'<section class="evidence">{"".join(parts)}</section>'


def bridge_page(evidence: Mapping[str, Any]) -> str:
    """The numbers of bridge.json as HTML."""
    held, profile = evidence["held_out"], evidence["profile"]
    layers = f"{profile['layers'][0]}–{profile['layers'][-1]}"
    trade = next(each for each in profile["ranges"] if each["layers"] == profile["layers"])
    note = f"expression {_number(trade['gain'])}, identity {_number(trade['cost'])}"
    cards = "".join(_bridged_target(label, held[label]) for label in ("valence", "arousal"))
    return (
        f'<section class="evidence">{_cosine(evidence["directions"])}'
        f'<h3>On samples that were not fitted on <span class="quiet">{escape(str(held["set"]))}, '
        f'{held["n"]:,} faces</span></h3><div class="cards">{cards}</div>'
        f'<div class="cards small">{_card("Layers moved", layers, note)}</div>'
        '<p class="caveat">Directions found in the generator through a β-VAE\'s probes: R² says '
        "how well its latent tells what those probes read in the picture. All values of the page "
        "are <em>model-predicted</em>, and none says what people would rate.</p></section>"
    )


def _bridged_target(label: str, score: Mapping[str, Any]) -> str:
    rows = "".join(_score_row(score, key, name, about) for key, name, about in _SCORES)
    return (
        f'<article class="card {label}"><h4>{label}</h4>{_bar(score)}'
        f'<table class="scores"><tbody>{rows}'
        f"<tr><th>R² alone</th><td>{_number(score['r2_alone'])}</td>"
        '<td class="quiet">off its own direction, after orthogonalising</td></tr>'
        "</tbody></table></article>"
    )


def _cosine(found: Mapping[str, Any]) -> str:
    return (
        '<div class="cards"><article class="card wide"><h4>How far apart the directions are</h4>'
        '<div class="pair">'
        f"{_figure('cosine before', _number(found['cosine_before'], 3), 'the finding')}"
        f"{_figure('cosine after', _tiny(found['cosine_after']), 'by construction')}"
        f"{_figure('angle before', _number(found['angle_before'], 1) + '°', '90° is independence')}"
        f"{_figure('basis', escape(str(found['basis'])), escape(str(found['space'])))}"
        "</div></article></div>"
    )


def _target(label: str, found: Mapping[str, Any]) -> str:
    score = found[label]
    rows = "".join(_score_row(score, key, name, about) for key, name, about in _SCORES)
    units = ", ".join(str(unit["unit"]) for unit in score["top_units"][:3])
    return (
        f'<article class="card {label}"><h4>{label}</h4>{_bar(score)}'
        f'<table class="scores"><tbody>{rows}'
        f"<tr><th>R² alone</th><td>{_number(score['r2_alone'])}</td>"
        '<td class="quiet">off its own direction, after orthogonalising</td></tr>'
        f"<tr><th>MIG</th><td>{_number(score['mig'], 3)}</td>"
        f'<td class="quiet">{found["mig"]["bins"]} bins; most informed units {units}</td></tr>'
        "</tbody></table></article>"
    )


def _score_row(score: Mapping[str, Any], key: str, name: str, about: str) -> str:
    low, high = score[f"{key}_interval"]
    interval = f'<span class="interval">[{_number(low)}, {_number(high)}]</span>'
    return (
        f"<tr><th>{name}</th><td>{_number(score[key])} {interval}</td>"
        f'<td class="quiet">{about}</td></tr>'
    )


def _bar(score: Mapping[str, Any]) -> str:
    """R² on a line from 0 to 1, its 95 % interval, and the probes fitted on shuffled labels."""
    value, (low, high), chance = score["r2"], score["r2_interval"], score["shuffled_r2"]
    if None in (value, low, high, chance):
        return ""
    x, left, right, base = (100 * min(1.0, max(0.0, v)) for v in (value, low, high, chance))
    return (
        f'<div class="r2"><strong>{value:.2f}</strong><span>R²</span></div>'
        f'<svg class="bar" viewBox="0 0 100 9" preserveAspectRatio="none" role="img" '
        f'aria-label="R squared {value:.2f}, 95 % interval {low:.2f} to {high:.2f}">'
        '<rect class="track" y="3" width="100" height="3"/>'
        f'<rect class="fill" y="3" width="{x:.2f}" height="3"/>'
        f'<rect class="whisker" x="{left:.2f}" y="0" width="{max(right - left, 0.4):.2f}" '
        f'height="9"/><rect class="chance" x="{base:.2f}" width="0.6" height="9"/></svg>'
        f'<p class="quiet">95 % bootstrap interval; shuffled labels give {_number(chance)}</p>'
    )


def _latent(found: Mapping[str, Any]) -> Iterator[str]:
    if quadrants := found.get("quadrants"):
        low, high = quadrants["interval"]
        yield _card(
            "Quadrant accuracy",
            _number(quadrants["accuracy"]),
            f"[{_number(low)}, {_number(high)}]; always the largest: "
            f"{_number(quadrants['majority'])}",
        )
    if dci := found.get("dci"):
        yield _card("Disentanglement", _number(dci["disentanglement"]), "DCI")
        yield _card("Completeness", _number(dci["completeness"]), "DCI")
    yield _card("MIG, mean", _number(found["mig"]["mean"], 3), f"{found['mig']['bins']} bins")
    yield _card("SAP, mean", _number(found["sap"]["mean"], 3), "gap of the two best units")


def _caveat(evidence: Mapping[str, Any]) -> str:
    fit = evidence["fit"]
    return (
        '<p class="caveat">Probes are ridge regressions fitted on '
        f"{fit['n']:,} faces of {escape(str(fit['set']))}. All values of the page are "
        "<em>model-predicted</em>: they say what these probes read, not what people would rate."
        "</p>"
    )


def _card(name: str, value: str, note: str) -> str:
    return f'<article class="card">{_figure(name, value, note)}</article>'


def _figure(name: str, value: str, note: str) -> str:
    return (
        f'<div class="figure"><span class="label">{name}</span><strong>{value}</strong>'
        f'<span class="quiet">{note}</span></div>'
    )


def _number(value: float | None, digits: int = 2) -> str:
    if value is None:
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _tiny(value: float | None) -> str:
    if value is None or abs(value) >= 1e-3:
        return _number(value, 3)
    return "0" if abs(value) < 1e-6 else f"{value:.0e}"
