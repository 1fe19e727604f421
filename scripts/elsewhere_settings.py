"""The surroundings in which `scripts/elsewhere.py` tries the package: what makes each, and how a
process that is in it can tell."""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Observed = Mapping[str, Any]

#: What OpenBLAS calls the kernels of a core type; a build may have one set for several names.
_KERNELS = {
    "Prescott": {"Prescott", "Katmai", "Core2", "Penryn"},
    "Nehalem": {"Nehalem"},
    "Haswell": {"Haswell", "Zen"},
    "SkylakeX": {"SkylakeX"},
    "Zen": {"Zen", "Haswell"},
}
_FOLDERS = ("faces", "vae", "studio", "gan_bridge", "circumplex")
_NO_NETWORK = """
import socket

def refuse(*_, **__):
    raise OSError(101, "Network is unreachable")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = refuse
"""


@dataclass(frozen=True)
class Setting:
    """One surrounding.

    Attributes:
        variables: set in the process's environment; FOLDER stands for the setting's own folder.
        layout: puts files into that folder, or says why this machine cannot give the setting.
        before: words of the command line before the interpreter's, asked for when it starts.
        holds: whether a process sees itself in the setting, by `surroundings` of the visit.
        of_processor: it asks for kernels that a processor may lack.
        parts: the settings that it joins, if it joins any.
    """

    name: str
    meaning: str
    variables: Mapping[str, str] = field(default_factory=dict)
    layout: Callable[[Path], str | None] = lambda folder: None
    before: Callable[[], list[str]] = list
    holds: Callable[[Observed], bool] = lambda observed: True
    of_processor: bool = False
    parts: tuple["Setting", ...] = ()

    def prepare(self, folder: Path) -> str | None:
        """Lay the folder out; why the setting cannot be had here, or None."""
        return self.layout(folder)

    def prefix(self) -> list[str]:
        """What stands before the interpreter on the command line."""
        return self.before()

    def environment(self, folder: Path) -> dict[str, str]:
        """The caller's environment, cleared of what would reach into settings, and this one's."""
        inherited = {name: value for name, value in os.environ.items() if name not in _CLEARED}
        given = {
            name: value.replace("FOLDER", str(folder)) for name, value in self.variables.items()
        }
        if "PYTHONPATH" in given and "PYTHONPATH" in inherited:
            given["PYTHONPATH"] += os.pathsep + inherited["PYTHONPATH"]
        return inherited | given

    def missing(self, observed: Observed) -> str | None:
        """Why a process that saw this is not in the setting after all, or None."""
        for part in self.parts or (self,):
            if not part.holds(observed):
                where = "processor" if part.of_processor else "machine"
                return f"not on this {where}" + (f": {part.name}" if self.parts else "")
        return None

    def __add__(self, other: "Setting") -> "Setting":
        """Both at once."""
        return Setting(
            f"{self.name}+{other.name}",
            f"{self.meaning}; {other.meaning}",
            {**self.variables, **other.variables},
            lambda folder: self.layout(folder) or other.layout(folder),
            lambda: [*self.before(), *other.before()],
            of_processor=self.of_processor or other.of_processor,
            parts=(*(self.parts or (self,)), *(other.parts or (other,))),
        )


def named(name: str) -> Setting:
    """A setting by its name, or several joined by +.

    Raises:
        KeyError: there is none of that name.
    """
    known = {each.name: each for each in SETTINGS}
    first, *others = (known[part] for part in name.lower().split("+"))
    return functools.reduce(Setting.__add__, others, first)


def _blas(core: str) -> Setting:
    return Setting(
        core.lower(),
        f"NumPy's OpenBLAS with the kernels of {core}",
        {"OPENBLAS_CORETYPE": core},
        holds=lambda observed: bool(_KERNELS[core] & set(observed["blas"])),
        of_processor=True,
    )


def _aten(name: str) -> Setting:
    return Setting(
        f"aten-{name}",
        f"torch's own kernels of kind {name}",
        {"ATEN_CPU_CAPABILITY": name},
        holds=lambda observed: observed["aten"].lower() == name,
        of_processor=True,
    )


def _onednn(name: str) -> Setting:
    wanted = ("avx2", "avx512") if name == "AVX2" else ("default", "avx2", "avx512")
    return Setting(
        f"onednn-{name.lower()}",
        f"oneDNN up to {name}",
        {"ONEDNN_MAX_CPU_ISA": name},
        holds=lambda observed: (
            observed["onednn"]
            and observed["machine"] in ("x86_64", "AMD64")
            and observed["aten"].lower() in wanted
        ),
        of_processor=True,
    )


def _threads(count: int) -> Setting:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return Setting(
        f"threads-{count}",
        f"{count} thread{'s' if count > 1 else ''}",
        # MKL would take no more than there are cores, and torch would follow it
        dict.fromkeys(names, str(count)) | {"MKL_DYNAMIC": "FALSE"},
        holds=lambda observed: observed["threads"] == count,
    )


def _under_a_file(folder: Path) -> None:
    """A home that can neither be written nor made."""
    (folder / "file").write_bytes(b"")


def _read_only(folder: Path) -> str | None:
    home = folder / "home"
    home.mkdir()
    if os.name != "posix":
        return "not on this machine: folders are not closed by their mode"
    home.chmod(0o500)
    if os.geteuid() == 0 and not _as_mortal():
        return "not on this machine: root writes everywhere, and there is no setpriv"
    return None


def _as_mortal() -> list[str]:
    """Words that take root's right to write where the mode forbids it."""
    command = ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]
    is_root = os.name == "posix" and os.geteuid() == 0
    return command if is_root and _works(*command, "true") else []


def _unshared() -> list[str]:
    """Words that start a process without any network, where the system lets us."""
    choices = (["unshare", "-n"], ["unshare", "-rn"])
    return next((command for command in choices if _works(*command, "true")), [])


@functools.cache
def _works(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _without_sockets(folder: Path) -> None:
    """The second lock on the network, and the only one where processes cannot be cut off."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(_NO_NETWORK, encoding="utf-8")


def _crowded(folder: Path) -> None:
    """Folders of a user's own, named as our packages are, with things of theirs in them."""
    for name in _FOLDERS:
        (folder / name).mkdir()
        (folder / name / "notes.txt").write_text("mine\n", encoding="utf-8")


def _home(path: str) -> dict[str, str]:
    return {"HOME": path, "USERPROFILE": path}


_PROXY = "http://127.0.0.1:9"  # nobody listens there
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

SETTINGS: tuple[Setting, ...] = (
    Setting("default", "as it is here"),
    *(_blas(core) for core in _KERNELS),
    *(_aten(name) for name in ("default", "avx2")),
    *(_onednn(name) for name in ("SSE41", "AVX2")),
    *(_threads(count) for count in (1, 2, 3)),
    Setting(
        "home-missing",
        "HOME lies under a file",
        _home("FOLDER/file/home"),
        _under_a_file,
        holds=lambda observed: not observed["home_writable"],
    ),
    Setting(
        "home-readonly",
        "HOME may not be written",
        _home("FOLDER/home"),
        _read_only,
        _as_mortal,
        lambda observed: not observed["home_writable"],
    ),
    Setting("lang-c", "LANG=C", {"LANG": "C", "LC_ALL": "C"}),
    Setting(
        "ascii",
        "LANG=C, and Python keeps to it: nothing but ASCII can be printed",
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        holds=lambda observed: "utf" not in observed["encoding"],
    ),
    Setting(
        "offline",
        "no network",
        {"PYTHONPATH": "FOLDER/site"},
        _without_sockets,
        _unshared,
        lambda observed: not observed["network"],
    ),
    Setting(
        "proxy",
        "a dead proxy in the environment",
        {name: _PROXY for word in _PROXIES for name in (word, word.lower())},
    ),
    Setting("crowded", f"run beside folders {', '.join(_FOLDERS)}", layout=_crowded),
)

#: What would reach into a setting from outside: cleared in all, where a setting does not set it.
_CLEARED = {
    "OPENBLAS_CORETYPE",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "LC_CTYPE",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "PYTHONCOERCECLOCALE",
    "MPLCONFIGDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "NO_PROXY",
    "no_proxy",
}
