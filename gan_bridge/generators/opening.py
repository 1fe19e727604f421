"""From a name or file to a generator: the one module that knows all of them."""

import os
from pathlib import Path

from faces.ground.artefacts import read_schema
from faces.ground.paths import is_address, require_path
from gan_bridge.checkpoints.loading import is_checkpoint
from gan_bridge.checkpoints.reading import read_checkpoint
from gan_bridge.generators.code_decoder import CODES, CodeDecoder, CodeLatents
from gan_bridge.generators.protocol import Generator
from gan_bridge.generators.stylegan import StyleGANGenerator
from gan_bridge.generators.vae_decoder import VAEGenerator
from gan_bridge.networks.files import SCHEMA, NetworkFile, load_networks
from gan_bridge.pickles.network import read_network_pickle
from vae.checkpoint import Run, load_run

#: Suffixes of files that other programs wrote; what they are, their content says.
_FOREIGN = (".pkl", ".pt", ".pth", ".ckpt")
_WEIGHTS = Path(__file__).parents[1] / "weights"
#: The package's own networks by name: in colour, and the grey one of 64 pixels of version 0.1.
PACKAGED = {
    "stylegan3": _WEIGHTS / "generator.safetensors",
    "grey": _WEIGHTS / "grey" / "generator.safetensors",
}


def load_generator(
    source: str | os.PathLike[str] = "bundled", device: str = "cpu", label: int | None = None
) -> Generator:
    """Open a generator.

    Args:
        source: "stylegan3" or "grey" for the package's own StyleGAN3s, "bundled" or "grey-vae" for
            its β-VAEs, the folder of a VAE run or its vae.safetensors, a network that `circumplex
            convert` or `finetune` wrote, an official network pickle (.pkl), or a checkpoint of
            StyleGAN2 or StyleGAN3 that torch.save wrote (.pt, .pth, .ckpt).
        device: where it works.
        label: class of a conditional StyleGAN.

    Raises:
        CircumplexError: it is missing, damaged, of another version, or conditional without a class.
    """
    if not is_network(source):
        return generator_of_run(load_run(os.fspath(source)), device)
    opened = open_networks(source)
    codes = network_path(source).with_name(CODES)
    if label is None and codes.is_file():
        latents = CodeLatents.load(codes)
        if latents.generator == opened.digest:  # another network may lie beside them
            return CodeDecoder(opened.generator, latents, device, opened.provenance)
    return StyleGANGenerator(opened.generator, label, device, opened.provenance)


def generator_of_run(run: Run, device: str = "cpu") -> Generator:
    """The decoder of a β-VAE that is open already."""
    return VAEGenerator(run, device)


def is_network(source: str | os.PathLike[str]) -> bool:
    """Whether `source` is a StyleGAN in a file, not a VAE run."""
    path = network_path(source)
    suffix = path.suffix.lower()
    if suffix == ".safetensors" and path.is_file():
        return read_schema(path) == SCHEMA
    return suffix in _FOREIGN


def network_path(source: str | os.PathLike[str]) -> Path:
    """The file of a StyleGAN, given itself or the name of one of the package's.

    Raises:
        CircumplexError: it is an address.
    """
    if is_address(source):
        require_path(source)  # which says so
    return PACKAGED.get(str(source), Path(source))


def open_networks(
    source: str | os.PathLike[str],
    names: tuple[str, ...] = ("G_ema",),
    optional: tuple[str, ...] = (),
) -> NetworkFile:
    """The networks of a native file, of an official pickle, or of a checkpoint of torch.save.

    Args:
        source: the file; which of the others it is, its content says.
        names: the ones wanted, of "G_ema", "G" and "D"; optional: more, where they are there.

    Raises:
        CircumplexError: it is missing, damaged, refused, or lacks one of `names`.
    """
    path = network_path(source)
    if path.suffix.lower() not in _FOREIGN:
        return load_networks(path, names, optional)
    read = read_checkpoint if is_checkpoint(path) else read_network_pickle
    return read(path, names, optional)
