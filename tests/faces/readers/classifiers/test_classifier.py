"""Every classifier learns what can be learnt, keeps it in a file, and refuses what does not fit."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from faces.ground.artefacts import read_artefact, write_artefact
from faces.ground.errors import CircumplexError
from faces.readers.classifiers import (
    MODELS,
    Classifier,
    ClassifierConfig,
    Samples,
    fit_classifier,
)
from faces.readers.classifiers.classifier import WEIGHTS, class_weights
from faces.readers.classifiers.networks import build_network, transfer
from faces.readers.classifiers.samples import make_samples

WIDTHS = {"landmarks": 1434, "features": 53, "pose": 3}
WORDS = ("neutral", "happiness", "anger")
PICTURES = ("small", "mobilenet_v3_small", "resnet18", "googlenet")
#: AlexNet and VGG-16 have 57 and 134 million weights: too many to train and write in a test.
HEAVY = ("alexnet", "vgg16")


def made(kind: str, count: int = 150, seed: int = 0) -> Samples:
    """Three classes, each told by a third of the numbers that is higher, or by a bright third."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    if kind == "pixels":
        inputs = rng.integers(0, 60, (count, 1, 64, 64)).astype(np.uint8)
        for face, label in zip(inputs, labels, strict=True):
            face[:, 21 * label : 21 * label + 21] += 150  # rows: a mirror keeps them
    else:
        inputs = rng.normal(size=(count, WIDTHS[kind])).astype(np.float32)
        part = WIDTHS[kind] // 3
        apart = 4.0 / np.sqrt(part)
        inputs[:, : 3 * part] += apart * np.repeat(np.eye(3)[labels], part, axis=1)
    words = [WORDS[label] for label in labels]
    return make_samples("made", "0", kind, lambda rows: inputs[rows], words)


def accuracy(classifier: Classifier, samples: Samples, rows: np.ndarray) -> float:
    return float((classifier.of_samples(samples, rows).argmax(1) == samples.labels[rows]).mean())


@pytest.mark.parametrize("model", [name for name, kind in MODELS.items() if kind != "pixels"])
def test_it_learns_and_its_file_answers_the_same(model: str, tmp_path: Path) -> None:
    config = ClassifierConfig(model=model, rounds=10, batch_size=16)
    samples, rows = made(config.kind, 400), np.arange(400)
    classifier = fit_classifier(samples, rows[:300], config)
    assert accuracy(classifier, samples, rows[300:]) > 0.7
    classifier.save(tmp_path / WEIGHTS)
    opened = Classifier.load(tmp_path)
    inputs = samples.take(rows[300:])
    answers = classifier.probabilities(inputs)
    assert np.allclose(opened.probabilities(inputs), answers, atol=1e-5)
    assert opened.config == config and opened.classes == WORDS
    assert opened.provenance["faces"] == 300
    again = tmp_path / "again.safetensors"
    fit_classifier(samples, rows[:300], config).save(again)
    assert again.read_bytes() == (tmp_path / WEIGHTS).read_bytes()


@pytest.mark.parametrize("model", PICTURES)
def test_networks_of_pixels_train_and_keep_their_answers(model: str, tmp_path: Path) -> None:
    config = ClassifierConfig(model=model, epochs=1, batch_size=8, size=64, precision="no")
    samples, rows = made("pixels", 12), np.arange(12)
    classifier = fit_classifier(samples, rows, config)
    assert np.isfinite(classifier.provenance["loss"]).all()
    classifier.save(tmp_path / WEIGHTS)
    grey = samples.take(rows[:3])
    answers = Classifier.load(tmp_path).probabilities(grey)
    assert np.allclose(answers, classifier.probabilities(grey), atol=1e-5)
    assert answers.shape == (3, 3) and np.allclose(answers.sum(1), 1, atol=1e-5)
    colour = np.repeat(grey, 3, axis=1)
    assert np.allclose(classifier.probabilities(colour), answers, atol=1e-4)


@pytest.mark.parametrize("model", HEAVY)
def test_heavy_backbones_answer_in_the_same_form(model: str) -> None:
    with torch.device("meta"):
        network = build_network(ClassifierConfig(model=model), 0, 3)
        answers = network(torch.zeros(2, 1, 48, 48))
    assert answers.shape == (2, 3) and {*PICTURES, *HEAVY} < {*MODELS}


def test_the_small_network_learns_from_pixels() -> None:
    config = ClassifierConfig(model="small", epochs=3, batch_size=16, size=32, learning_rate=3e-3)
    samples, rows = made("pixels", 128), np.arange(128)
    classifier = fit_classifier(samples, rows[:96], config)
    assert classifier.provenance["loss"][-1] < classifier.provenance["loss"][0]
    assert accuracy(classifier, samples, rows[96:]) > 0.5


def test_a_backbone_starts_from_published_weights(tmp_path: Path) -> None:
    from torchvision.models import mobilenet_v3_small

    config = ClassifierConfig(model="mobilenet_v3_small")
    torch.manual_seed(7)
    published = mobilenet_v3_small(weights=None)
    torch.save(published.state_dict(), tmp_path / "weights.pth")
    network = build_network(config, 0, 3)
    transfer(network, tmp_path / "weights.pth")
    own = network.backbone.state_dict()
    assert torch.equal(own["features.0.0.weight"], published.state_dict()["features.0.0.weight"])
    assert own["classifier.3.weight"].shape == (3, 1024)
    torch.save({"features.0.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(CircumplexError, match=r"other\.pth lacks the tensor"):
        transfer(network, tmp_path / "other.pth")
    with pytest.raises(CircumplexError, match="leave them out"):
        transfer(build_network(ClassifierConfig(), 1434, 3), tmp_path / "weights.pth")


def test_rare_classes_weigh_more() -> None:
    labels = np.repeat([0, 1, 2], [80, 15, 5])
    for balance in (0.0, 0.5, 1.0):
        weights = class_weights(labels, balance)
        assert weights[labels].mean() == pytest.approx(1.0, abs=1e-5)
    assert np.allclose(class_weights(labels, 0.0), 1.0)
    assert np.allclose(class_weights(labels, 1.0) * [80, 15, 5], 100 / 3)
    assert (np.diff(class_weights(labels, 0.5)) > 0).all()


def test_the_file_says_which_faces_it_was_trained_on(tmp_path: Path) -> None:
    digests = [sha256(bytes([k])).hexdigest() for k in range(40)]
    inputs = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    words = [None, *["anger", "fear"] * 20][:40]
    samples = make_samples("made", "0", "pose", lambda rows: inputs[rows], words, digests=[digests])
    config = ClassifierConfig(model="pose", epochs=1)
    fit_classifier(samples, np.arange(5, 20), config).save(tmp_path / WEIGHTS)
    trained = Classifier.load(tmp_path).trained_on
    assert trained is not None
    assert np.flatnonzero(trained.contain(digests)).tolist() == list(range(6, 21))
    assert np.flatnonzero(samples.trained_on(trained)).tolist() == list(range(5, 20))
    arrays, header = read_artefact(tmp_path / WEIGHTS)
    wrong = arrays | {"training_faces": np.zeros(3, np.float32)}
    write_artefact(tmp_path / WEIGHTS, wrong, header)
    with pytest.raises(CircumplexError, match="no hashes of training faces"):
        Classifier.load(tmp_path)
    del arrays["training_faces"]
    write_artefact(tmp_path / WEIGHTS, arrays, header | {"version": "1"})
    assert Classifier.load(tmp_path).trained_on is None


def test_balance_finds_more_of_a_rare_class() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.uniform(size=2000) < 0.08).astype(int)
    inputs = (rng.normal(size=(2000, 3)) + labels[:, None]).astype(np.float32)
    words = ["anger" if label else "neutral" for label in labels]
    samples = make_samples("made", "0", "pose", lambda rows: inputs[rows], words)
    found = []
    for balance in (0.0, 1.0):
        config = ClassifierConfig(model="pose", balance=balance, epochs=8)
        classifier = fit_classifier(samples, np.arange(1500), config)
        answers = classifier.of_samples(samples, np.arange(1500, 2000)).argmax(1)
        truth = samples.labels[1500:]
        found.append((answers[truth == 1] == 1).mean())
    assert found[1] > found[0] + 0.2


def test_training_leaves_the_callers_random_numbers_alone() -> None:
    torch.manual_seed(5)
    before = torch.rand(3)
    torch.manual_seed(5)
    fit_classifier(made("pose"), np.arange(100), ClassifierConfig(model="pose", epochs=1))
    assert torch.equal(torch.rand(3), before)


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    samples, rows = made("features"), np.arange(100)
    config = ClassifierConfig(model="boosting", rounds=2)
    fit_classifier(samples, rows, config).save(tmp_path / WEIGHTS)
    arrays, header = read_artefact(tmp_path / WEIGHTS)

    def refused(message: str, changed: dict[str, np.ndarray], head: dict[str, str]) -> None:
        write_artefact(tmp_path / "b.safetensors", arrays | changed, header | head)
        with pytest.raises(CircumplexError, match=message):
            Classifier.load(tmp_path / "b.safetensors")

    refused("version 9", {}, {"version": "9"})
    refused("no readable header", {}, {"classes": "["})
    refused("config says", {}, {"classes": '["neutral", "happiness"]'})
    refused("points outside", {"left": arrays["left"] + 10_000}, {})
    refused("points outside", {"right": np.zeros_like(arrays["right"])}, {})
    refused("feature names one", {"feature": arrays["feature"] + 53}, {})
    with pytest.raises(CircumplexError, match="missing"):
        Classifier.load(tmp_path / "nowhere")
    with pytest.raises(CircumplexError, match="looks at features"):
        Classifier.load(tmp_path).of_samples(made("pose"), rows)
    with pytest.raises(CircumplexError, match="not at pose"):
        fit_classifier(made("pose"), rows, config)
    with pytest.raises(CircumplexError, match="one class"):
        fit_classifier(samples, rows[samples.labels[rows] == 0], config)


@pytest.mark.parametrize(
    "given",
    [
        {"model": "transformer"},
        {"epochs": 0},
        {"learning_rate": 0.0},
        {"balance": 1.5},
        {"held_out": 1.0},
        {"size": 8},
        {"precision": "fp8"},
        {"seed": -1},
    ],
)
def test_settings_out_of_range_are_refused(given: dict) -> None:
    with pytest.raises(CircumplexError, match=next(iter(given))):
        ClassifierConfig(**given)


def test_a_setting_not_given_is_the_models_own_and_is_kept() -> None:
    assert ClassifierConfig().epochs == 20 and ClassifierConfig().hidden == 256
    config = ClassifierConfig(model="alexnet")
    assert config.learning_rate < ClassifierConfig(model="resnet18").learning_rate
    assert ClassifierConfig.from_dict(json.loads(config.to_json())) == config
