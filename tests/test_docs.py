"""The documentation as code: every command parses, every name, file and link in it exists.

Nothing is run: a command goes through the command line's own parser, which knows the verbs, their
options and the kinds of their values.
"""

import ast
import importlib
import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from studio.cli import app

ROOT = Path(__file__).parents[1]
#: The changelog tells of what is gone, too.
DOCUMENTS = [path for path in sorted(ROOT.glob("*.md")) if path.name != "CHANGELOG.md"]
DOCUMENTS += sorted((*ROOT.glob("docs/**/*.md"), *ROOT.glob("*/weights/**/CARD.md")))
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)")
_ANCHORED = re.compile(r"\]\(([^)#\s]*)#([^)\s]+)\)")
_COMMAND = re.compile(r"^(?:\w+=\S* )*(?:\S*/)?(?:circumplex|make|python3?|accelerate|torchrun) ")

document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=[path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
)


def prose_and_blocks(path: Path) -> tuple[str, list[tuple[str, str]]]:
    """The running text, and each block with its language ("" where none is named)."""
    text = path.read_text(encoding="utf-8")
    fenced = _FENCED.findall(text)
    text = _FENCED.sub("", text)
    indented = [("", block) for block in _INDENTED.findall(text)]
    return _INDENTED.sub("", text), fenced + indented


def command_lines(path: Path) -> Iterator[list[str]]:
    """The words of each command in the blocks, without what stands beside it for people."""
    for language, block in prose_and_blocks(path)[1]:
        if language == "python":
            continue
        for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines():
            line = re.split(r"(?<=\S) {3,}", line.strip())[0]
            if _COMMAND.match(line):
                yield shlex.split(line, comments=True)


def arguments(words: list[str]) -> list[str] | None:
    """What the words give to our command line; None if they call something else."""
    words = [word for word in words if not re.match(r"\w+=", word)]
    if Path(words[0]).name == "circumplex":
        return words[1:]
    return words[words.index("studio.cli") + 1 :] if "studio.cli" in words else None


def find_verb(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words call, and what is left for it."""
    command: Any = typer.main.get_command(app)
    left = list(words)
    while hasattr(command, "commands") and left and not left[0].startswith("-"):
        assert left[0] in command.commands, f"there is no verb {left[0]} ({' '.join(words)})"
        command = command.commands[left.pop(0)]
    return command, left


def check_parses(words: list[str]) -> None:
    """The command line takes these words."""
    command, left = find_verb(words)
    try:
        command.make_context(command.name, left)
    except typer.Exit as leaves:  # --help and --version
        assert leaves.exit_code == 0
    except typer.TyperException as error:
        pytest.fail(f"circumplex {' '.join(words)}: {error.format_message()}")


def options(command: Any) -> set[str]:
    """Every way to write an option of a command."""
    names = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    return names | {"--help", "-h"}


def every_verb(command: Any = None, name: str = "circumplex") -> Iterator[tuple[str, Any]]:
    """All commands by their full names, groups too."""
    command = command or typer.main.get_command(app)
    yield name, command
    for part, below in getattr(command, "commands", {}).items():
        yield from every_verb(below, f"{name} {part}")


@document
def test_every_command_parses(path: Path) -> None:
    for words in command_lines(path):
        given = arguments(words)
        if given is not None:
            check_parses(given)


@document
def test_scripts_and_targets_exist(path: Path) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for words in command_lines(path):
        if words[0] == "make":
            goals = [word for word in words[1:] if "=" not in word]
            assert set(goals) <= set(targets), words
        for word in words:
            if word.startswith(("scripts/", "tests/")) and word.endswith(".py"):
                assert (ROOT / word).is_file(), words


@document
def test_words_of_commands_in_the_text_exist(path: Path) -> None:
    """`circumplex train --resume`, `prepare … --check`, `--raw`: verbs and options, not values."""
    commands = dict(every_verb())
    anywhere = set().union(*(options(command) for command in commands.values()))
    for code in _INLINE.findall(prose_and_blocks(path)[0]):
        words = code.split()
        if words[0] == "circumplex" and len(words) > 1 and not words[1].isupper():
            command, left = find_verb([word for word in words[1:] if word != "…"])
            known = options(command)
        elif f"circumplex {words[0]}" in commands:
            known, left = options(commands[f"circumplex {words[0]}"]), words[1:]
        elif words[0].startswith("--") and path.name != "CARD.md":  # cards tell of scripts' too
            known, left = anywhere, words
        else:
            continue
        wanted = {word.split("=")[0] for word in left if re.match(r"--?[a-z]", word)}
        assert wanted <= known, f"`{code}` names {sorted(wanted - known)}"


@document
def test_python_compiles_and_its_imports_resolve(path: Path) -> None:
    for language, block in prose_and_blocks(path)[1]:
        if language != "python":
            continue
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Import):
                for each in node.names:
                    importlib.import_module(each.name)
            elif isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module or "")
                for each in node.names:
                    assert hasattr(module, each.name), f"{node.module} has no {each.name}"


@document
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{target} is missing"


def anchors(path: Path) -> set[str]:
    """Those that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    kept = ("L", "M", "Nd", "Pc")
    return {
        "".join(
            letter
            for letter in heading.lower().replace(" ", "-")
            if letter == "-" or unicodedata.category(letter).startswith(kept)
        )
        for heading in headings
    }


@document
def test_links_to_headings_lead_to_one(path: Path) -> None:
    for name, anchor in _ANCHORED.findall(path.read_text(encoding="utf-8")):
        target = path.parent / name if name else path
        if "://" not in name and target.suffix == ".md":
            assert anchor in anchors(target), f"{name}#{anchor} leads nowhere"


def test_the_example_of_every_verb_parses() -> None:
    shown = 0
    for name, command in every_verb():
        if hasattr(command, "commands"):
            continue
        examples = re.findall(r"circumplex [^\n]+", (command.help or "").partition("Example")[2])
        assert examples, f"{name} --help shows no example"
        for example in examples:
            check_parses(shlex.split(example)[1:])
            shown += 1
    assert shown >= len(dict(every_verb())) - 3


def test_what_does_not_exist_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Text with `circumplex grid --sed 3`.\n\n"
        "    circumplex grid grid.png --seed 3     a picture\n\n"
        "```sh\ncircumplex grid grid.png \\\n  --seed many\n```\n",
        encoding="utf-8",
    )
    torn, shown = command_lines(page)  # fenced blocks come first
    check_parses(shown[1:])
    for words in (torn[1:], ["gird", "grid.png"], ["grid", "grid.png", "--sed", "3"], ["grid"]):
        with pytest.raises((pytest.fail.Exception, AssertionError)):
            check_parses(words)
    with pytest.raises(AssertionError, match="--sed"):
        test_words_of_commands_in_the_text_exist(page)
