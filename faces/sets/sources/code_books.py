"""Code books: which expression a number or a letter code of a data set means.

Data sets number the expressions each in its own order: 7 is contempt in AffectNet and neutral in
RAF-DB. So a bare number is never read without a book that was named or that the form proves.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError, first_line
from faces.sets.sources.words import expression_of, expression_of_folder

#: As `codes`: numbers are left unread, so that a table's other columns can be used.
UNREAD = "none"
#: As `codes`: numbers are read where the form proves the book, and else left unread.
PROVEN = "proven"


@dataclass(frozen=True)
class CodeBook:
    """What the codes of one data set mean.

    Attributes:
        name: of the data set, or the path of the file that it was read from.
        expressions: code, in capitals, to one of `faces.circumplex.EXPRESSIONS`.
        others: codes of faces that show none of these, to what they mean.
    """

    name: str
    expressions: Mapping[str, str]
    others: Mapping[str, str] = field(default_factory=dict)

    def defines(self, codes: Iterable[str]) -> bool:
        """Whether every one of the codes has a meaning."""
        return all(code in self.expressions or code in self.others for code in codes)

    def __str__(self) -> str:
        meanings = ", ".join(f"{code} {name}" for code, name in self.expressions.items())
        return f"{self.name} ({meanings})"


def _numbered(name: str, first: int, words: str, others: str = "") -> CodeBook:
    expressions = {str(code): word for code, word in enumerate(words.split(), first)}
    rest = {str(code): word for code, word in enumerate(others.split(), first + len(expressions))}
    return CodeBook(name, expressions, rest)


#: The books by name. Sources: Mollahosseini et al. 2019 (AffectNet); Li, Deng and Du 2017
#: (RAF-DB's list_patition_label.txt); Goodfellow et al. 2013 (FER2013); Lucey et al. 2010 (CK+);
#: Lundqvist, Flykt and Öhman 1998 (KDEF's file names).
BOOKS: Mapping[str, CodeBook] = {
    book.name: book
    for book in (
        _numbered("affectnet", 0, " ".join(EXPRESSIONS), "none uncertain no-face"),
        _numbered("raf-db", 1, "surprise fear disgust happiness sadness anger neutral"),
        _numbered("fer2013", 0, "anger disgust fear happiness sadness surprise neutral"),
        _numbered("ckplus", 0, "neutral anger contempt disgust fear happiness sadness surprise"),
        # what torchvision, Keras and YOLO make of folders, in the order of their names: of seven
        # classes as in FER2013's folders, of eight as in AffectNet's
        _numbered("alphabetical", 0, "anger disgust fear happiness neutral sadness surprise"),
        _numbered(
            "alphabetical-8",
            0,
            "anger contempt disgust fear happiness neutral sadness surprise",
        ),
        CodeBook(
            "kdef",
            {
                "AF": "fear",
                "AN": "anger",
                "DI": "disgust",
                "HA": "happiness",
                "NE": "neutral",
                "SA": "sadness",
                "SU": "surprise",
            },
        ),
    )
}


@dataclass(frozen=True)
class Meanings:
    """What the words and codes of one source mean.

    Attributes:
        book: of the codes; None where none was named or proven.
        words: what words mean that were explained, in small letters; None leaves them out.
        unread: UNREAD or PROVEN where codes without a book are left without a meaning.
    """

    book: CodeBook | None = None
    words: Mapping[str, str | None] = field(default_factory=dict)
    unread: str | None = None

    @property
    def codes_unread(self) -> bool:
        """Whether codes are left without a meaning, in the place of being refused."""
        return self.unread is not None and self.book is None

    @classmethod
    def of(cls, codes: str | None = None, explained: Mapping[str, str] | None = None) -> Self:
        """Of `--codes` and `--map`.

        Raises:
            CircumplexError: no such book, or a word is explained by what is no expression.
        """
        words: dict[str, str | None] = {}
        for word, meaning in (explained or {}).items():
            expression = expression_of(meaning)
            if expression is None and meaning.lower() != UNREAD:
                raise CircumplexError(
                    f"{meaning!r}, for {word!r}, is no expression; give {', '.join(EXPRESSIONS)}, "
                    f"or {UNREAD} to leave it out"
                )
            words[word.strip().lower()] = expression
        if codes is None:
            return cls(None, words)
        if codes.lower() in (UNREAD, PROVEN):
            return cls(None, words, codes.lower())
        return cls(open_book(codes), words)

    def proven(self, book: CodeBook) -> Self:
        """With the book that the source's form proves, where none was named."""
        named = self.book is not None or self.unread == UNREAD
        return self if named else type(self)(book, self.words)

    def is_code(self, word: str) -> bool:
        """Whether a word is a code, and nothing that was explained or is known."""
        if word.strip().lower() in self.words or expression_of(word) is not None:
            return False
        return code_of(word) is not None or self._in_book(word) is not None

    def expression(self, word: str, folder: bool = False) -> tuple[str | None, str | None]:
        """The expression that a word or code means, and else why the face cannot be used.

        A table's word that means nothing ("unknown" of FER+) gives neither. A folder's name may
        have a number and fillers around the word.
        """
        plain = word.strip().lower()
        if plain in self.words:
            meaning = self.words[plain]
            return meaning, None if meaning else f"{word.strip()!r} is left out"
        known = expression_of_folder(word) if folder else expression_of(word)
        if known is not None or not self.is_code(word) or self.codes_unread:
            return known, None
        if self.book is None:
            return None, "expression code without a code book"
        code = self._in_book(word)
        if code is None:
            return None, f"expression code that {self.book.name} does not define"
        if code in self.book.expressions:
            return self.book.expressions[code], None
        return None, f"expression code {code}: {self.book.others[code]}"

    def _in_book(self, word: str) -> str | None:
        """The code that a word is in the book."""
        code = code_of(word) or word.strip().upper()
        return code if self.book is not None and self.book.defines([code]) else None


def code_of(word: str) -> str | None:
    """A whole number as code books write it ("07" and "7.0" are 7); None for any other word."""
    match = re.fullmatch(r"\s*([-+]?\d+)(\.0*)?\s*", word)
    return str(int(match[1])) if match else None


def open_book(name: str) -> CodeBook:
    """The code book of a data set, or that in a file.

    Args:
        name: one of BOOKS, or a file of lines such as `0 anger`; JSON and YAML do as well, and a
            `data.yaml` of YOLO.

    Raises:
        CircumplexError: no such book, or a file that is none.
    """
    book = BOOKS.get(name.lower())
    if book is not None:
        return book
    path = Path(name)
    if not path.is_file():
        raise CircumplexError(
            f"{name!r} is no code book and no file; give {', '.join(BOOKS)}, {UNREAD}, or a file "
            "of lines such as `0 anger`"
        )
    return book_of(name, _meanings_in(path))


def book_of(name: str, meanings: Mapping[str, str]) -> CodeBook:
    """The book of codes and the words that a data set has for them.

    Raises:
        CircumplexError: none of them is an expression.
    """
    meanings = {code.upper(): word for code, word in meanings.items()}
    known = {code: expression_of_folder(word) for code, word in meanings.items()}
    expressions = {code: word for code, word in known.items() if word is not None}
    if not expressions:
        raise CircumplexError(
            f"{name} gives no code an expression; write lines such as `0 anger`, with any of "
            f"{', '.join(EXPRESSIONS)}"
        )
    return CodeBook(name, expressions, {c: meanings[c] for c, word in known.items() if not word})


def ambiguous(codes: Iterable[str], where: str, otherwise: str = "") -> CircumplexError:
    """The refusal of codes whose meaning nothing proves; `otherwise` is a further way out."""
    ordered = sorted(set(codes), key=lambda code: (len(code), code))
    fitting = [name for name, book in BOOKS.items() if book.defines(ordered)]
    shown = ", ".join(ordered[:12]) + (", …" if len(ordered) > 12 else "")
    fits = f"it may be that of {' or '.join(fitting)}" if fitting else "no book here has them all"
    return CircumplexError(
        f"{where} names expressions by codes ({shown}) and not by whose code book; {fits}: say "
        f"--codes {'|'.join(BOOKS)}|FILE, or --codes {UNREAD} to leave them"
        f"{otherwise and ', '}{otherwise}"
    )


def meanings_of(listed: object) -> dict[str, str]:
    """Codes to words, out of the list or the table that JSON or YAML holds; {} of anything else."""
    if isinstance(listed, Mapping) and "names" in listed:
        listed = listed["names"]
    if isinstance(listed, list):
        listed = dict(enumerate(listed))
    if not isinstance(listed, Mapping):
        return {}
    return {code_of(str(code)) or str(code): str(word) for code, word in listed.items()}


def _meanings_in(path: Path) -> dict[str, str]:
    """Codes and words of a file.

    Raises:
        CircumplexError: it cannot be read.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        parsed = meanings_of(yaml.safe_load(text))
    except yaml.YAMLError:
        parsed = {}
    except (OSError, UnicodeDecodeError) as error:
        raise CircumplexError(
            f"{path} cannot be read as a code book ({first_line(error)}); write lines such as "
            "`0 anger`"
        ) from error
    if parsed:
        return parsed
    lines = (re.split(r"[\s,;:=]+", line.strip(), maxsplit=1) for line in text.splitlines())
    return {code_of(pair[0]) or pair[0]: pair[1] for pair in lines if len(pair) == 2}
