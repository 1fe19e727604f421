"""Samples with scores: who stays with whom, in every factor."""

from dataclasses import replace

import numpy as np

from gan_bridge.bridging.fitting import ScoredSamples, find_directions
from vae.probing.factors import Factor

WIDTH, PEOPLE, EACH = 6, 60, 10


def scored() -> ScoredSamples:
    """60 people of ten like faces each, whose factor w tells a little of."""
    rng = np.random.default_rng(0)
    w = np.repeat(rng.normal(size=(PEOPLE, WIDTH)), EACH, axis=0)
    scores = np.repeat(w[::EACH, :3] + rng.normal(size=(PEOPLE, 3)), EACH, axis=0)
    w = w + 0.01 * rng.normal(size=w.shape)
    ones = np.ones(4)
    return ScoredSamples(
        name="people",
        model="ab" * 32,
        space="stylegan3/w",
        digest="cd" * 32,
        w=w,
        scores=scores[:, :2],
        groups=np.repeat(np.arange(PEOPLE), EACH),
        factors=(Factor("age", ones, 0.0, ones / 2, -3, 3, 0.0, 1.0, 9),),
        others=scores[:, 2:],
    )


def test_faces_of_one_person_stay_together_in_further_factors_too() -> None:
    people = scored()
    parts = people.labelled_by(0)
    held_out = people.held_out
    assert np.array_equal(parts["fit"].groups, people.groups[~held_out])
    assert np.array_equal(parts["held_out"].groups, people.groups[held_out])


def test_intervals_of_a_factor_are_of_people() -> None:
    people = scored()
    widths = []
    for samples in (people, replace(people, groups=None)):
        _, found = find_directions(samples, {}, "orthogonal")
        low, high = found["factors"][0]["held_out"]["r2_interval"]
        widths.append(high - low)
    assert widths[0] > 2 * widths[1]  # of faces as if each were a person
