"""Words that folders, files and tables have for expressions and splits."""

import re
from collections.abc import Mapping

#: Names of the eight expressions, with the forms and misspellings that public sets have.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "neutral": (
        *("neutral", "neutrality", "calm", "neu", "no emotion", "expressionless"),
        *("nuetral", "netural", "neutal", "nuteral", "neutrals"),
    ),
    "happiness": (
        *("happiness", "happy", "joy", "hap", "joyful", "smile", "smiling"),
        *("happyness", "hapiness", "happines", "hapyness", "hapy", "hapyy", "happpy"),
    ),
    "sadness": ("sadness", "sad", "saddness", "sadnes", "sorrow"),
    "surprise": (
        *("surprise", "surprised", "sur", "astonishment", "surprising"),
        *("suprise", "suprised", "surprize", "surprized", "surpise", "surpised", "surprice"),
    ),
    "fear": ("fear", "fearful", "afraid", "fea", "scared", "feared", "fearfull"),
    "disgust": ("disgust", "disgusted", "dis", "disgusting", "digust", "disgut", "disguist"),
    "anger": ("anger", "angry", "ang", "angery", "angre", "angryness"),
    "contempt": ("contempt", "contemptuous", "contemt", "comtempt", "contemp"),
}
SPLITS: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "val": ("val", "validation", "valid", "dev", "publictest"),
    "test": ("test", "testing", "privatetest"),
}
#: What columns of votes are named for faces that show none of these, or for pictures of no face, in
#: small letters without spaces and signs; FER+'s are unknown and NF.
_NO_EXPRESSION = frozenset(
    (
        *("unknown", "nf", "noface", "notaface", "nonface", "none", "noneoftheabove", "other"),
        *("others", "uncertain", "unsure", "unclear", "undecided", "ambiguous"),
    )
)
_EXPRESSION_OF = {word: name for name, words in SYNONYMS.items() for word in words}
_SPLIT_OF = {word: name for name, words in SPLITS.items() for word in words}
#: What folders' names add to the word that counts.
_OF_FOLDERS = frozenset(
    (
        *("face", "faces", "image", "images", "img", "imgs", "picture", "pictures", "photo"),
        *("photos", "expression", "expressions", "emotion", "emotions", "class", "people"),
        *("person", "samples"),
    )
)
_OF_SPLITS = _OF_FOLDERS | {"set", "data", "label", "labels", "list", "annotations", "split"}


def expression_of(word: str) -> str | None:
    """The expression that a table's word means, if any."""
    return _EXPRESSION_OF.get(word.strip().lower())


def is_no_expression(word: str) -> bool:
    """Whether a word is for faces of no expression that has a name, or for pictures of no face."""
    return re.sub(r"[\W_]+", "", word.lower()) in _NO_EXPRESSION


def expression_of_folder(name: str) -> str | None:
    """The expression that a folder's name means, if any.

    A number before the word and what says that these are pictures are left aside: `0_neutral`,
    `1 - Happiness` and `angry_faces` are meant.
    """
    return expression_of(name) or _EXPRESSION_OF.get(_bare(name, _OF_FOLDERS))


def split_of(word: str) -> str | None:
    """The split that a folder's or a file's name, or a table's word, means, if any."""
    return _SPLIT_OF.get(word.strip().lower()) or _SPLIT_OF.get(_bare(word, _OF_SPLITS))


def _bare(name: str, fillers: frozenset[str]) -> str:
    """A name without numbers, punctuation and fillers, in small letters."""
    words = re.split(r"[\W\d_]+", name.lower())
    return " ".join(word for word in words if word and word not in fillers)
