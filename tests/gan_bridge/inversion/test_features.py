"""Networks by path: what fits is loaded, all else is refused in one line."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from faces.ground.errors import CircumplexError
from faces.sets import PrepareConfig, cut_portrait
from gan_bridge.inversion import Features, InvertConfig, load_features
from gan_bridge.inversion.features import load_facenet, load_perceptual
from gan_bridge.inversion.losses import PictureLoss

PEOPLE = Path(__file__).parents[2] / "data" / "people"


@pytest.fixture(scope="module")
def vgg() -> dict[str, Tensor]:
    """The convolutions of a VGG16 of random weights, as torchvision names them."""
    from torchvision.models import vgg16

    with torch.device("meta"):
        wanted = vgg16(weights=None, init_weights=False).features.state_dict()
    stream = torch.Generator().manual_seed(0)
    return {
        f"features.{name}": torch.randn(value.shape, generator=stream)
        * (2 / max(value[0].numel(), 1)) ** 0.5
        for name, value in wanted.items()
    }


@pytest.fixture(scope="module")
def vgg_file(vgg: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vgg") / "vgg16.pth"
    torch.save(vgg | {"classifier.0.bias": torch.zeros(4)}, path)
    return path


@pytest.fixture(scope="module")
def facenet() -> dict[str, Tensor]:
    from facenet_pytorch.models.inception_resnet_v1 import InceptionResnetV1

    torch.manual_seed(0)
    return InceptionResnetV1().state_dict()


def faces(count: int, side: int = 64) -> Tensor:
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_perceptual_distance_is_null_for_the_same_and_grows(vgg_file: Path) -> None:
    perceptual = load_perceptual(vgg_file)
    images = faces(2)
    found = perceptual(images)
    assert [tuple(each.shape[1:]) for each in found] == [
        (64, 64, 64), (128, 32, 32), (256, 16, 16), (512, 8, 8), (512, 4, 4),
    ]  # fmt: skip
    assert torch.allclose(found[2].square().sum(1), torch.ones(2, 16, 16), atol=1e-4)
    assert perceptual.distance(found, found).abs().max() == 0
    near = perceptual(images + 0.02 * torch.randn(images.shape))
    other = perceptual(images.flip(0))
    gaps = [perceptual.distance(found, each) for each in (near, other)]
    assert (gaps[0] < gaps[1]).all() and (gaps[0] > 0).all()
    assert len(perceptual(faces(1, 16))) == 5  # small pictures are enlarged


def test_bare_features_and_safetensors_serve_too(
    vgg: dict[str, Tensor], vgg_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "vgg.safetensors"
    save_file({name.removeprefix("features."): value for name, value in vgg.items()}, path)
    a, b = load_perceptual(path), load_perceptual(vgg_file)
    assert all(torch.equal(x, y) for x, y in zip(a(faces(1)), b(faces(1)), strict=True))


def test_identity_is_a_point_on_the_sphere(facenet: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "facenet.pt"
    old = {name: v for name, v in facenet.items() if not name.endswith("num_batches_tracked")}
    torch.save(old | {"logits.weight": torch.zeros(3, 512), "logits.bias": torch.zeros(3)}, path)
    identity = load_facenet(path)
    found = identity(faces(2))
    assert found.shape == (2, 512)
    assert torch.allclose(found.norm(dim=1), torch.ones(2), atol=1e-5)
    assert identity.distance(found, found).abs().max() < 1e-5


def test_weights_that_are_there_count(
    vgg_file: Path, facenet: dict[str, Tensor], tmp_path: Path
) -> None:
    path = tmp_path / "facenet.pt"
    torch.save(facenet, path)
    features = load_features(vgg_file, path)
    assert features.notes() == ()
    assert [note.partition(" ")[0] for note in Features().notes()] == ["without", "faces"]
    target, image = faces(1), faces(2)[1:].clone().requires_grad_(True)
    config = InvertConfig(pixel=0.0, pyramid=1e-9, perceptual=1.0, identity=0.0)
    bare = PictureLoss(target, config, Features())(image)
    seen = PictureLoss(target, config, features)(image)
    assert bare.item() < 1e-6 < seen.item()
    with_identity = InvertConfig(pixel=0.0, pyramid=1e-9, perceptual=0.0, identity=1.0)
    known = PictureLoss(target, with_identity, features)(image)
    (seen + known).backward()
    assert torch.isfinite(image.grad).all() and image.grad.abs().max() > 0


def test_the_packages_own_network_holds_the_person() -> None:
    cut = PrepareConfig(channels=3, margin=0.3)
    features = load_features(cut=cut)
    assert features.identity is not None and len(features.notes()) == 1
    names = ("001_neutral", "001_smiling", "045_smiling")
    photos = [cut_portrait(PEOPLE / f"{name}.jpg", cut).face for name in names]
    neutral, smiling, stranger = (face.transpose(1, 2, 0) for face in photos)
    assert features.identity_distance(neutral, neutral) == 0
    same = features.identity_distance(neutral, smiling)
    other = features.identity_distance(neutral, stranger)
    assert same is not None and other is not None and same < 0.5 < 0.6 < other
    assert Features().identity_distance(neutral, smiling) is None
    image = faces(1).clone().requires_grad_(True)
    config = InvertConfig(pixel=1e-9, pyramid=0.0, identity=1.0)
    PictureLoss(faces(2)[1:], config, features)(image).backward()
    assert torch.isfinite(image.grad).all() and image.grad.abs().max() > 0


def test_faces_cut_by_their_box_have_no_place_for_it() -> None:
    features = load_features(cut=PrepareConfig(align="box"))
    assert features.identity is None
    assert any("cut by their box" in note for note in features.notes())


@pytest.mark.parametrize("load", [load_perceptual, load_facenet])
def test_other_files_are_refused(load, vgg: dict[str, Tensor], tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "weights.pth"
    with pytest.raises(CircumplexError, match=r"weights\.pth is missing"):
        load(path)
    path.write_bytes(b"not a file of weights")
    with pytest.raises(CircumplexError, match="is no file of weights"):
        load(path)
    torch.save({"features.0.weight": torch.zeros(2)}, path)
    with pytest.raises(CircumplexError, match="lacks the tensor"):
        load(path)
    torch.save({"a": {"b": torch.zeros(2)}}, path)
    with pytest.raises(CircumplexError, match="holds more than named weights"):
        load(path)


def test_damaged_weights_are_refused(vgg: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "vgg.safetensors"
    damaged = vgg | {"features.0.bias": torch.full((64,), float("nan"))}
    save_file(damaged, path)
    with pytest.raises(CircumplexError, match=r"0\.bias holds NaN"):
        load_perceptual(path)


class _Hostile:
    """What would run code if a pickle were trusted."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("executed"),)  # type: ignore[return-value]


def test_weights_that_would_run_code_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": _Hostile()}, "hostile.pth")
    with pytest.raises(CircumplexError, match="is no file of weights"):
        load_perceptual("hostile.pth")
    assert not Path("executed").exists()
    assert np.array_equal(sorted(p.name for p in tmp_path.iterdir()), ["hostile.pth"])
