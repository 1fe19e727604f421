"""The metrics tab: what was measured on faces that the probes never saw, beside its baselines."""

from collections.abc import Mapping
from typing import Any

from studio.reports.formatting import interval, number
from studio.reports.page import render_template
from vae.probing.evidence import TARGETS, measured

_SETS = {"held_out": "held-out faces", "test": "a set never seen"}
_SCORES = (
    ("r2", "R²", "share of the labels' variance that the linear probe explains"),
    ("ccc", "CCC", "agreement: correlation, less any bias or change of scale"),
    ("pearson", "Pearson r", "correlation of prediction and label"),
    ("rmse", "RMSE", "typical error, in units of the label (−1 … 1)"),
)
_NONE = "–"  #: where a number is not defined


def no_evidence() -> str:
    """What stands here when nothing was measured."""
    why = "No report lies beside these directions."
    return render_template("app_none.html.j2", why=why, what="them")


def other_evidence() -> str:
    """What stands here when the report beside the directions was made for another model."""
    why = "The report beside these directions measured another model."
    return render_template("app_none.html.j2", why=why, what="this one")


def evidence_page(evidence: Mapping[str, Any]) -> str:
    """The numbers of report.json as HTML."""
    return render_template(
        "app_probe.html.j2",
        directions=evidence["directions"],
        cosine_after=_tiny(evidence["directions"]["cosine_after"]),
        sets=[
            {
                "about": _SETS[name],
                "found": found,
                "targets": [_target(label, found[label], found["mig"]) for label in TARGETS],
            }
            for name, found in measured(evidence)
        ],
        fit=evidence["fit"],
        factors=_factors(evidence),
    )


def bridge_page(evidence: Mapping[str, Any]) -> str:
    """The numbers of bridge.json as HTML."""
    held_out, profile = evidence["held_out"], evidence["profile"]
    return render_template(
        "app_bridge.html.j2",
        directions=evidence["directions"],
        cosine_after=_tiny(evidence["directions"]["cosine_after"]),
        held_out=held_out,
        targets=[_target(label, held_out[label]) for label in TARGETS],
        factors=_factors(evidence),
        layers=profile["layers"],
        trade=next(each for each in profile["ranges"] if each["layers"] == profile["layers"]),
    )


def _target(
    label: str, score: Mapping[str, Any], mig: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The card of valence or arousal: name, value, interval and explanation a row."""
    rows = [
        (name, number(score[key], 2, _NONE), interval(score[f"{key}_interval"], 2, _NONE), about)
        for key, name, about in _SCORES
    ]
    alone = number(score["r2_alone"], 2, _NONE)
    rows.append(("R² alone", alone, "", "off its own direction, after orthogonalising"))
    if mig is not None:
        units = ", ".join(str(unit["unit"]) for unit in score["top_units"][:3])
        about = f"{mig['bins']} bins; most informed units {units}"
        rows.append(("MIG", number(score["mig"], 3, _NONE), "", about))
    return {"label": label, "rows": rows, "bar": _bar(score)}


def _factors(evidence: Mapping[str, Any]) -> list[dict[str, str]]:
    """A card for each further factor."""
    cards = []
    for factor in evidence.get("factors", ()):
        score = measured(factor)[0][1]
        chance = number(score["shuffled_r2"], 2, _NONE)
        note = f"R², {interval(score['r2_interval'], 2, _NONE)}; shuffled labels {chance}"
        value = number(score["r2"], 2, _NONE)
        cards.append({"name": factor["name"], "value": value, "note": note})
    return cards


def _bar(score: Mapping[str, Any]) -> dict[str, str] | None:
    """R², its interval and that of shuffled labels as numbers and as places of 100 from the left;
    None where one of them is not defined."""
    value, (low, high), chance = score["r2"], score["r2_interval"], score["shuffled_r2"]
    if None in (value, low, high, chance):
        return None
    fill, left, right, base = (100 * min(1.0, max(0.0, v)) for v in (value, low, high, chance))
    return {
        "value": f"{value:.2f}",
        "low": f"{low:.2f}",
        "high": f"{high:.2f}",
        "chance": number(chance),
        "fill": f"{fill:.2f}",
        "left": f"{left:.2f}",
        "reach": f"{max(right - left, 0.4):.2f}",
        "base": f"{base:.2f}",
    }


def _tiny(value: float | None) -> str:
    if value is None or abs(value) >= 1e-3:
        return number(value, 3, _NONE)
    return "0" if abs(value) < 1e-6 else f"{value:.0e}"
