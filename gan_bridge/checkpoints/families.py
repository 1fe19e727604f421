"""Generators of other kinds, named so that a refusal says what a file is."""

import mmap
from collections.abc import Iterable, Mapping

OPEN_HERE = "StyleGAN2, StyleGAN2-ADA and StyleGAN3 open here"
#: Parts of the names of tensors that only one kind of generator has.
_IN_NAMES: Mapping[str, tuple[str, ...]] = {
    "an EG3D, whose generator is three-dimensional": ("backbone.synthesis.", "superresolution."),
    "a StyleGAN-XL": ("mapping.embed_proj.",),
    "a StyleGAN-T": ("synthesis.b8.convs1.",),
    "a StyleGAN1": (
        *("g_mapping.", "g_synthesis.", "generator.progression.", "synthesis.blocks.4x4."),
        "epilogue.top_epi",
    ),
    "a generator of GenForce": ("mapping.dense0.", "synthesis.layer0."),
}
#: Words of a pickle: classes, their modules, and the source that official pickles carry.
_IN_PICKLES: Mapping[str, tuple[bytes, ...]] = {
    "an EG3D, whose generator is three-dimensional": (b"TriPlaneGenerator", b"ImportanceRenderer"),
    "a StyleGAN-XL": (b"networks_stylegan3_resetting", b"SuperresGenerator", b"embed_proj"),
    "a StyleGAN-T": (b"networks.generator", b"GroupNorm32"),
}


def family_of_tensors(names: Iterable[str]) -> str | None:
    """The other kind of generator that has tensors of these names."""
    joined = "\n".join(names)
    found = (kind for kind, parts in _IN_NAMES.items() if any(part in joined for part in parts))
    return next(found, None)


def family_of_pickle(data: mmap.mmap) -> str | None:
    """The other kind of generator that a pickle, already refused, speaks of."""
    for kind, words in _IN_PICKLES.items():
        if any(data.find(word, 0) >= 0 for word in words):  # of the whole, not from where it stands
            return kind
    return None
