"""Pickles that would run code, take memory, or are something else: refused, with the reason, and
nothing of them happens."""

import pickle
import sys
import tracemalloc
from collections import OrderedDict
from pathlib import Path

import official_form
import pytest
import torch
from damaged_pickles import damaged, other_contents, other_tensorflow
from hostile_arguments import hostile_arrays, hostile_storages, hostile_tensors
from hostile_globals import foreign_globals
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pickle_codes import CANARY

from faces.ground.errors import CircumplexError
from gan_bridge.networks.config import StyleGAN2Config
from gan_bridge.networks.files import NetworkFile, build_network
from gan_bridge.pickles.network import read_network_pickle

TINY = StyleGAN2Config(
    img_resolution=4, z_dim=4, w_dim=4, channel_base=16, channel_max=4, mapping_layers=1
)
GROUPS = (
    foreign_globals,
    hostile_tensors,
    hostile_arrays,
    hostile_storages,
    damaged,
    other_contents,
    other_tensorflow,
)
HOSTILE = {name: (content, why) for group in GROUPS for name, content, why in group()}


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, where the canary would appear."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused_and_nothing_happens(name: str, inside: Path) -> None:
    content, reason = HOSTILE[name]
    path = inside / "net.pkl"
    path.write_bytes(content)
    modules = set(sys.modules)
    with pytest.raises(CircumplexError, match=reason) as caught:
        read_network_pickle(path)
    message = str(caught.value)
    assert "\n" not in message and str(path) in message and len(message) < len(str(path)) + 300
    assert list(inside.iterdir()) == [path]
    assert "antigravity" not in set(sys.modules) - modules


def test_declared_sizes_take_no_memory(inside: Path) -> None:
    path = inside / "net.pkl"
    sized = [name for name in HOSTILE if any(word in name for word in ("large", "huge", "far out"))]
    assert len(sized) >= 10
    tracemalloc.start()
    for name in sized:
        path.write_bytes(HOSTILE[name][0])
        with pytest.raises(CircumplexError):
            read_network_pickle(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_there_are_enough_and_the_canary_sings(inside: Path) -> None:
    assert len(HOSTILE) >= 40
    content, _ = HOSTILE["exec-0"]
    pickle.loads(content)  # noqa: S301 -- what Python's own unpickler makes of it
    assert (inside / CANARY).exists()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A valid pickle, small enough that most of its bytes are opcodes and names."""
    torch.manual_seed(0)
    saved = official_form.saved(build_network(TINY))
    path = tmp_path_factory.mktemp("tiny") / "net.pkl"
    content = official_form.snapshot({"G_ema": saved})
    return official_form.dump(path, content).read_bytes()


def assert_harmless(content: bytes, inside: Path) -> None:
    """It opens or it is refused, in one line; nothing else."""
    path = inside / "net.pkl"
    path.write_bytes(content)
    try:
        assert isinstance(read_network_pickle(path), NetworkFile)
    except CircumplexError as error:
        assert "\n" not in str(error)
        assert "it is damaged (" not in str(error)  # what nothing foresaw
    assert list(inside.iterdir()) == [path]


def test_a_pickle_cut_anywhere_is_refused(tiny: bytes, inside: Path) -> None:
    for end in [*range(40), *range(40, len(tiny), len(tiny) // 150), len(tiny) - 1]:
        path = inside / "net.pkl"
        path.write_bytes(tiny[:end])
        with pytest.raises(CircumplexError, match=r"too early|it is empty"):
            read_network_pickle(path)


_MUTATED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_MUTATED
@given(
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from("rid"), st.binary(max_size=9)),
        min_size=1,
        max_size=6,
    )
)
def test_mutations_open_or_are_refused(
    tiny: bytes, inside: Path, changes: list[tuple[float, str, bytes]]
) -> None:
    content = bytearray(tiny)
    for share, kind, patch in changes:
        at = int(share * len(content))
        end = {"r": at + len(patch), "i": at, "d": at + 3}[kind]
        content[at:end] = b"" if kind == "d" else patch
    assert_harmless(bytes(content), inside)


@_MUTATED
@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_are_refused(inside: Path, content: bytes, headed: bool) -> None:
    assert_harmless(b"\x80\x04" + content if headed else content, inside)


def test_no_more_is_copied_than_the_file_holds(inside: Path) -> None:
    """One large tensor under many names would be copied for each of them."""
    saved = official_form.saved(build_network(TINY))
    large = torch.nn.Parameter(torch.ones(400, 400))
    saved.state["_parameters"] = OrderedDict((f"w{index}", large) for index in range(50))
    path = official_form.dump(inside / "net.pkl", official_form.snapshot({"G_ema": saved}))
    with pytest.raises(CircumplexError, match="larger than the file"):
        read_network_pickle(path)


def test_a_config_that_claims_much_takes_no_memory(inside: Path) -> None:
    """The layers it claims would have 10 TB; the weights in the file do not fit them."""
    saved = official_form.saved(build_network(TINY))
    saved.part("synthesis").state["_init_kwargs"] = {"channel_base": 65536, "channel_max": 65536}
    saved.state.update(z_dim=65536, w_dim=65536)
    path = official_form.dump(inside / "net.pkl", official_form.snapshot({"G_ema": saved}))
    with pytest.raises(CircumplexError, match="its config says"):
        read_network_pickle(path)
