"""The sentences that a methods section needs, written from the numbers of the evidence."""

from collections.abc import Mapping
from typing import Any

from studio.reports.formatting import interval, number, percent_interval, small
from vae.probing.evidence import TARGETS, measured

_SCHEDULES = {
    "beta": "the weight of the KL term warmed up to β = {beta:g}",
    "capacity": "the KL term held to a capacity that rose to {capacity:g} nats (β = {beta:g})",
    "tc": "the total correlation weighted by β = {beta:g}",
}
_BASES = {
    "orthogonal": "made orthogonal by Gram–Schmidt, valence first",
    "dual": "turned into the dual basis, in which each direction moves one prediction and leaves "
    "the other",
    "pattern": "replaced by their activation patterns (Haufe et al., 2014)",
}
_ALONE = (
    "No plain β-VAE stands beside this run; `circumplex probe --compare RUN`, with a run trained "
    "with --guide 0, measures one on the same faces."
)


def methods(evidence: Mapping[str, Any]) -> list[str]:
    """Paragraphs of plain text: model, labels, probes, results, directions, latent metrics."""
    paragraphs = [_model(evidence), _probes(evidence)]
    paragraphs += [_results(name, evaluation) for name, evaluation in measured(evidence)]
    paragraphs += [_directions(evidence), read_back(evidence), _latents(evidence)]
    if evidence.get("compare"):
        paragraphs.append(_comparison(evidence["compare"]))
    elif _begun(evidence["run"])["training"]["guide"]:
        paragraphs.append(_ALONE)
    return paragraphs


def read_back(evidence: Mapping[str, Any]) -> str:
    """How much of a request the run's own encoder reads in the picture."""
    found = evidence["read_back"]
    judged = "This is the model judging its own pictures, not an independent reading."
    if _base(evidence["run"]):
        judged += (
            " It is also what the refinement optimised: no evidence that the pictures show what "
            "was requested."
        )
    scores = " and ".join(
        f"{target} CCC {number(found[target]['ccc'])}, slope {number(found[target]['slope'])}"
        for target in TARGETS
    )
    return (
        f"Requested against read in the picture, encoded anew ({found['faces']} sampled faces, "
        f"truncation {found['truncation']:g}, {found['points']} requests up to "
        f"±{found['reach']:g}): "
        f"{scores}. {judged}"
    )


def _model(evidence: Mapping[str, Any]) -> str:
    run, faceset = evidence["run"], evidence["faceset"]
    config, begun = run["config"], _begun(run)
    training, provenance = begun["training"], begun["provenance"]
    trained = provenance.get("training_faces")
    same = provenance.get("faces") in _names_of(faceset)
    on = f"{trained:,} faces" if trained else "faces"
    on += f" of the set {faceset['name']}" if same else " of another set"
    schedule = _SCHEDULES.get(training["schedule"], "β = {beta:g}").format(**training)
    guide, foreign = training["guide"], _foreign_faces(evidence)
    guidance = (
        f"a linear head on the mean code was trained on valence and arousal with weight {guide:g}"
        if guide
        else "no label took part in its training"
    )
    return (
        f"A β-VAE with {config['latent_dim']} latent units was trained on {on} "
        f"({config['image_size']} × {config['image_size']} pixels, {_channels(config)}) for "
        f"{training['epochs']} epochs, {schedule}; {guidance}. {_refined(run)}{foreign}"
        f"Its reconstructions from the mean code reach "
        f"{number(run['psnr'], 1)} dB PSNR on {run['psnr_faces']:,} faces outside "
        "the training split."
    )


def _base(run: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a refined run started from: its digest, training and provenance."""
    return run["provenance"].get("base")


def _begun(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """The run whose training made the encoder."""
    return _base(run) or run


def _refined(run: Mapping[str, Any]) -> str:
    if not _base(run):
        return ""
    training = run["training"]
    return (
        f"Its decoder was then refined for {training['epochs']} epochs with the encoder frozen "
        f"(weight of the expression term {training['express']:g}). "
    )


def _foreign_faces(evidence: Mapping[str, Any]) -> str:
    """A warning where the run learned from other faces than the set that it is measured on."""
    own, faceset = evidence["run"]["provenance"], evidence["faceset"]
    trained_on = {own.get("faces"), (own.get("base") or {}).get("provenance", {}).get("faces")}
    if not trained_on - _names_of(faceset):
        return ""
    return (
        f"It was trained on another set, or another version of the set, than {faceset['name']}: "
        "by their digests it cannot be excluded that it has seen held-out faces. "
    )


def _names_of(faceset: Mapping[str, Any]) -> set[str | None]:
    """What a run that was trained on the set calls it; None where the run keeps it to itself."""
    return {None, faceset["digest"], faceset.get("integrity")}


def _channels(config: Mapping[str, Any]) -> str:
    return "grey" if config["channels"] == 1 else "colour"


def _probes(evidence: Mapping[str, Any]) -> str:
    fit = evidence["fit"]
    least, most, count = fit["penalties"]
    _, first = measured(evidence)[0]
    penalties = " and ".join(f"{_round(first[name]['penalty'])} for {name}" for name in TARGETS)
    grouped = ", whole identities held out together" if fit["identities"] else ""
    source = evidence["faceset"].get("labels")
    note = f"Labels: {source.rstrip('.')}. " if isinstance(source, str) else ""
    return (
        f"{note}Ridge regressions of valence and of arousal on the mean codes were fitted to "
        f"{fit['n']:,} labelled faces of the {fit['split']} split of {fit['set']}. The penalty, of "
        f"{count} candidates between {least:,.10g} and {most:,.10g}, was chosen by "
        f"{fit['folds']}-fold cross-validation{grouped}: {penalties}. Values that the "
        "probes give are model-predicted and are not human ratings."
    )


def _round(value: float) -> str:
    """Three digits, without the exponent that `g` alone would write."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _results(name: str, evaluation: Mapping[str, Any]) -> str:
    where = (
        f"the {evaluation['split']} split of {evaluation['set']}"
        if name == "held_out"
        else f"the set {evaluation['set']}, which took no part in fitting the probes"
    )
    scores = []
    for target in TARGETS:
        score = evaluation[target]
        scores.append(
            f"{target} R² = {number(score['r2'])} {interval(score['r2_interval'])}, "
            f"CCC = {number(score['ccc'])} {interval(score['ccc_interval'])}, "
            f"RMSE = {number(score['rmse'])}, r = {number(score['pearson'])} "
            f"(R² with shuffled labels {small(score['shuffled_r2'])})"
        )
    drawn = " with identities resampled" if evaluation["identities"] else ""
    text = (
        f"On {evaluation['n']:,} faces of {where}: {'; '.join(scores)}. Brackets are 95 % "
        f"percentile bootstrap intervals{drawn}."
    )
    found = evaluation["quadrants"]
    if found:
        text += (
            f" Logistic regression on the codes names the quadrant of the circumplex in "
            f"{100 * found['accuracy']:.1f} % of {found['n']:,} faces (cross-validated; the most "
            f"frequent quadrant alone: {100 * found['majority']:.1f} %)."
        )
        if "by_quadrant" in found:  # older reports have the accuracy alone
            text += _recalls(found)
    return text


def _recalls(found: Mapping[str, Any]) -> str:
    """How rare each quadrant is, and how often it is told."""
    each = ", ".join(
        f"{name} {100 * own['recall']:.1f} % {percent_interval(own['interval'])} of {own['n']:,}"
        for name, own in found["by_quadrant"].items()
    )
    return (
        f" Of the faces of each quadrant it names {each}; the mean, balanced accuracy, is "
        f"{100 * found['balanced']:.1f} % {percent_interval(found['balanced_interval'])}, that of "
        f"naming always the same quadrant {100 * found['chance']:.1f} %."
    )


def _directions(evidence: Mapping[str, Any]) -> str:
    found = evidence["directions"]
    _, first = measured(evidence)[0]
    alone = " and ".join(f"{number(first[target]['r2_alone'])} for {target}" for target in TARGETS)
    same = (
        ""
        if found["basis"] == "pattern"
        else " In the orthogonal and in the dual basis a code is "
        "moved to a request identically, as both span the same plane."
    )
    return (
        f"The cosine between the two probe vectors was {number(found['cosine_before'], 3)} "
        f"({number(found['angle_before'], 1)}°). They were {_BASES[found['basis']]}; the cosine is "
        f"then {small(found['cosine_after'])}. Read off its direction alone, the R² is {alone}."
        f"{same}"
    )


def _latents(evidence: Mapping[str, Any]) -> str:
    _, first = measured(evidence)[0]
    mig, separated, dci = first["mig"], first["sap"], first["dci"]
    text = (
        f"The mutual information gap (Chen et al., 2018; {mig['bins']} equal-width bins for each "
        f"unit and for each label) is {number(mig['valence'], 3)} for valence and "
        f"{number(mig['arousal'], 3)} for arousal; SAP (Kumar et al., 2018) is "
        f"{number(separated['valence'], 3)} and {number(separated['arousal'], 3)}"
    )
    if dci:
        text += (
            "; DCI (Eastwood & Williams, 2018, lasso) gives disentanglement "
            f"{number(dci['disentanglement'])}, completeness {number(dci['completeness'])} and "
            f"informativeness {number(dci['informativeness'])}"
        )
    return text + "."


def _comparison(other: Mapping[str, Any]) -> str:
    _, first = measured(other)[0]
    scores = " and ".join(
        f"{number(first[target]['r2'])} {interval(first[target]['r2_interval'])} for {target}"
        for target in TARGETS
    )
    guide = _begun(other["run"])["training"]["guide"]
    kind = f"guided with weight {guide:g}" if guide else "plain, without guidance"
    return (
        f"Measured in the same way, the run {other['run']['name']} ({kind}) reaches R² = {scores}, "
        f"with reconstructions at {number(other['run']['psnr'], 1)} dB PSNR and a cosine of "
        f"{number(other['directions']['cosine_before'], 3)} between its probe vectors."
    )
