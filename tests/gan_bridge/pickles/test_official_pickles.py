"""Networks saved by the official code itself, where the submodule holds it."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gan_bridge.pickles.network import read_network_pickle

STYLEGAN3 = Path(__file__).parents[3] / "stylegan3"

_OFFICIAL = """
import copy, pickle, sys, types
from packaging.version import parse
stub = types.ModuleType("pkg_resources")  # setuptools no longer carries it
stub.parse_version = parse
sys.modules["pkg_resources"] = stub
sys.path.insert(0, sys.argv[1])
import torch
from safetensors.torch import save_file
from training import networks_stylegan2, networks_stylegan3
widths = dict(channel_base=512, channel_max=16)
small = dict(z_dim=16, w_dim=16, img_resolution=32, img_channels=3, **widths)
r = dict(conv_kernel=1, use_radial_filters=True)
cases = {
    "T": (networks_stylegan3.Generator, dict(c_dim=0)),
    "R": (networks_stylegan3.Generator, dict(c_dim=0, **r)),
    "T-classes": (networks_stylegan3.Generator, dict(c_dim=3, mapping_kwargs=dict(num_layers=3))),
    "2": (networks_stylegan2.Generator, dict(c_dim=0)),
    "2-classes": (networks_stylegan2.Generator, dict(c_dim=3, architecture="resnet")),
}
for name, (kind, given) in cases.items():
    torch.manual_seed(1)
    G = copy.deepcopy(kind(**small, **given)).eval().requires_grad_(False)
    D = networks_stylegan2.Discriminator(
        given["c_dim"], 32, 3, epilogue_kwargs=dict(mbstd_group_size=2), **widths
    ).eval().requires_grad_(False)
    with open(f"{name}.pkl", "wb") as file:
        pickle.dump(dict(G=None, D=D, G_ema=G, augment_pipe=None, training_set_kwargs=None), file)
    z, x = torch.randn(2, 16), torch.randn(4, 3, 32, 32)
    c = torch.eye(3)[:2] if given["c_dim"] else torch.zeros(2, 0)
    img = G(z, c, truncation_psi=0.7, noise_mode="const")
    save_file(dict(z=z, c=c, img=img, x=x, score=D(x, c.repeat(2, 1))), f"{name}.safetensors")
"""


@pytest.mark.skipif(
    not (STYLEGAN3 / "training/networks_stylegan3.py").is_file(),
    reason="the submodule stylegan3 is empty: `git submodule update --init` brings the code",
)
def test_networks_saved_by_the_official_code_show_the_same_pictures(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    command = [sys.executable, "-W", "ignore", "-c", _OFFICIAL, str(STYLEGAN3)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    stored = sorted(tmp_path.glob("*.pkl"))
    assert len(stored) == 5
    for path in stored:
        wanted = load_file(path.with_suffix(".safetensors"))
        before = set(sys.modules)
        found = read_network_pickle(path, ("G_ema", "D"))
        assert not any(name.split(".")[0] == "torch_utils" for name in set(sys.modules) - before)
        c = wanted["c"] if wanted["c"].numel() else None
        with torch.no_grad():
            image = found.generator(wanted["z"], c, truncation_psi=0.7)
            score = found.networks["D"](wanted["x"], None if c is None else c.repeat(2, 1))
        assert (image - wanted["img"]).abs().max() < 1e-5
        assert torch.allclose(score, wanted["score"], rtol=1e-4, atol=1e-5)
