"""Write what was measured of the bundled generator into its card.

    python scripts/write_card.py SAMPLES EDITS PHOTOS [CARD]

SAMPLES, EDITS and PHOTOS are the report.json of report_generator.py, report_edits.py and
report_photos.py. In CARD, the package's own if not given, all between the two marks is replaced.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from faces.ground.files import read_json, write_bytes
from faces.readers.appearance.reader import AppearanceReader
from gan_bridge.inversion.photo_face import QUICK

BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
CARD = Path(__file__).parents[1] / "gan_bridge" / "weights" / "CARD.md"
Report = Mapping[str, Any]

_SETS = {
    "generator": "the generator, truncation 0.7",
    "generator, no truncation": "the same at truncation 1",
    "real": "other real faces",
    "β-VAE": "the β-VAE at truncation 0.7",
}
_READERS = {
    "action_units": "landmarks → action units → fitted (took no part)",
    "action_units_table": "landmarks → action units → table (took no part)",
    "pixel (trains editors)": "pixel reader (trains the editor)",
}
_NAMED = ("happiness", "surprise", "sadness", "anger", "fear")


def between(found: Report, times: float = 1, digits: int = 2, unit: str = "") -> str:
    """A figure and its interval."""
    value = found["value"] if "value" in found else found["mean"]
    low, high = found["interval"]
    shown = [f"{times * each:.{digits}f}" for each in (value, low, high)]
    return f"{shown[0]}{unit} [{shown[1]}, {shown[2]}]"


def table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def nearness(report: Report) -> Iterator[str]:
    yield (
        "**How near to real faces** (`scripts/report_generator.py`; seeds 5000 to 5511, beside as "
        "many faces of\nFairFace that took no part; reference the others of these. The identity "
        "network holds likeness in the training;\nMediaPipe's blendshapes and Faceres took no "
        "part):\n"
    )
    spaces = (("identity", "Fréchet, identity"), ("blendshapes", "Fréchet, blendshapes"))
    head = ["", *(part for _, name in spaces for part in (name, "kernel × 10³"))]
    head += ["Fréchet, Faceres", "MTCNN finds", "landmarks found"]
    rows = []
    for key, name in _SETS.items():
        row = [name]
        for space, _ in spaces:
            found = report[space][key]
            row += [f"{found['frechet']:.3f}", f"{1000 * found['kernel']:.2f}"]
        row.append(f"{report['faceres'][key]['frechet']:.3f}")
        finds = report["found"][key]
        row += [f"{100 * finds[each]['mean']:.1f} %" for each in ("mtcnn", "landmarker")]
        rows.append(row)
    yield from table(head, rows)


def people(report: Report) -> Iterator[str]:
    found = report["people"]
    near = found["nearest_training_face"]
    right = AppearanceReader.load().provenance["held_out"]
    yield (
        f"**People.** Mean identity distance of two seeds {found['two_seeds']:.2f} (two training "
        f"faces {found['two_training_faces']:.2f}). The\nnearest training "
        f"face of a sample is {near['median']:.2f} away in the median, {near['least']:.2f} at "
        f"least; {near['nearer_than_0.35']} of {report['settings']['samples']} are nearer than "
        "0.35,\nand "
        f"{100 * near['beyond_0.45']['mean']:.0f} % are beyond 0.45. As the classifier reads them "
        f"({100 * right['female_accuracy']:.1f} % of sexes and "
        f"{100 * right['ethnicity_accuracy']:.1f} % of origins right, ages within "
        f"{right['age_error_years']:.1f} years),\nsamples and, in brackets, the training faces in "
        "colour:\n"
    )
    own, data = (report["appearance"][each] for each in ("generator", "training faces"))

    def shares(kind: str) -> str:
        return ", ".join(
            f"{name.replace('_', ' ')} {100 * own[kind][name]:.0f} % ({100 * data[kind][name]:.0f})"
            for name in own[kind]
        )

    women = f"{100 * own['female']:.0f} % ({100 * data['female']:.0f})"
    rows = [["women", women], ["age", shares("age")], ["origin", shares("ethnicity")]]
    yield from ["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows), ""]


def requests(report: Report) -> Iterator[str]:
    found = report["requests"]
    yield (
        "**Requested against measured** (`scripts/report_edits.py`: seeds 5000 to 5063 × 28 "
        "directions × 4 intensities up to 0.8,\ntruncation 0.7). "
        f"{100 * found['share_reachable']:.0f} % of the requests lie within what faces show. "
        "Concordance:\n"
    )
    head = ["reader", "valence, within", "arousal, within", "valence, all", "arousal, all"]
    rows = []
    for key, name in _READERS.items():
        by = found["readers"][key]
        row = [between(by[each][what]) for each in ("reachable", "all") for what in _TARGETS]
        rows.append([name, *row, between(by["reachable"]["error"])])
    yield from table([*head, "error, within"], rows)
    fitted = found["readers"]["action_units"]
    rows = [
        [quadrant, *(between(fitted[quadrant][each]) for each in (*_TARGETS, "error"))]
        for quadrant in ("+V +A", "-V +A", "-V -A", "+V -A")
    ]
    yield from table(["by quadrant, fitted action units", *_TARGETS, "error"], rows)
    rows = [
        [
            name if "(" in name else f"{name} (took no part)",
            *(between(by[each], 100, 0, " %") for each in _NAMED),
        ]
        for name, by in report["expressions"].items()
    ]
    yield from table(["named where it is asked for", *_NAMED], rows)
    neutral = report["neutral_within"]
    yield (
        "Neutral is read within 0.15 of (0, 0) in "
        f"{between(neutral['action_units'], 100, 0, ' %')} of faces by the action units,\n"
        f"{between(neutral['pixel'], 100, 0, ' %')} by the pixel reader.\n"
    )


_TARGETS = ("valence", "arousal")


def same_person(report: Report) -> Iterator[str]:
    found, judge, circle = report["same_person"], report["faceres"], report["circle"]
    apart = ", ".join(between(each) for each in found["identity_distance"].values())
    yield (
        "**The same person.** Identity distance of an edit from the neutral face at intensities "
        f"0.2, 0.4, 0.6, 0.8:\n{apart}\nNearest of 512 neutral faces "
        f"is the own one in {100 * found['rank_1']['value']:.1f} % at 0.8. Apparent sex changes\n"
        f"in {between(found['sex_changed'], 100, 1)} %, apparent age by "
        f"{between(found['years'], 1, 1)} years; a unit of arousal turns the head by\n"
        f"{between(found['pitch_per_arousal'], 1, 1)}° and changes the light by "
        f"{between(found['light_per_arousal'], 1, 1)} levels. By Faceres, which took no part:\n"
        f"cosine {between(judge['cosine'])} (two seeds {judge['cosine_of_two_seeds']:.2f}), rank 1 "
        f"of 64 in {100 * judge['rank_1_of_64']['value']:.1f} %, sex changes in\n"
        f"{between(judge['sex_changed'], 100, 0)} %, age by {between(judge['years'], 1, 1)} "
        "years.\n"
    )
    pixels, readings = circle["pixels"], circle["readings"]
    yield (
        f"**Smooth.** Over 360 steps of 1° on the 0.8 circle ({report['settings']['circles']} "
        f"faces) the largest step is {pixels['worst']:.1f} times the median in\npixels; in the "
        f"pixel reader's readings {readings['median_face']:.1f} times for the median face and "
        f"{readings['worst']:.1f} for the worst.\n"
    )


def photos(report: Report) -> Iterator[str]:
    apart, smile, judge = (report[each] for each in _PHOTOS)
    error = smile["error"]
    yield (
        f"**Photos** (`scripts/report_photos.py`: {apart['one pass']['people']} people of the "
        "London Set, none of whom was trained on). Identity distance of\nthe neutral photo from "
        "what is found of it: "
        f"{between(apart['one pass'])} in one pass, {between(apart['with steps'])} after "
        f"{QUICK.steps}\nsteps (their own smile: {between(apart['own smile'])}); with "
        f"{report['settings']['pivot']} steps of pivotal tuning (the first "
        f"{apart['tuned']['people']} people)\n"
        f"{between(apart['tuned'])}. The gate refuses {report['refused_by_the_gate']}. That "
        "network is in the loss; by Faceres, which is not, the cosine with the photo is\n"
        f"{between(judge['one pass'])} in one pass and {between(judge['found'])} after the steps "
        f"(the person's own smile:\n{between(judge['smile'])}). *The smile test*: asked for what "
        "the person's own smile reads, the edit misses the smile's\nreading by "
        f"{between(error['pixel'])} by the pixel reader and by {between(error['action_units'])} by "
        "action units\n(unedited: "
        f"{between(error['action_units, as found, unedited'])}); in identity it is "
        f"{between(smile['farther_in_identity_than_neutral'])} farther from the\ntrue smile than "
        "the neutral photo is.\n"
    )


_PHOTOS = ("identity_distance", "smile_test", "faceres")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("samples", "edits", "photos"):
        parser.add_argument(name, type=Path)
    parser.add_argument("card", type=Path, nargs="?", default=CARD)
    given = parser.parse_args()
    samples, edits, taken = (read_json(each) for each in (given.samples, given.edits, given.photos))
    lines = [*nearness(samples), *people(samples), *requests(edits)]
    lines += [*same_person(edits), *photos(taken)]
    text = given.card.read_text(encoding="utf-8")
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise SystemExit(f"{given.card} lacks {BEGIN} or {END}; put them where figures go")
    measured = "\n".join([before + BEGIN, "", *lines]) + END + after
    write_bytes(given.card, measured.encode())


if __name__ == "__main__":
    main()
