"""How far the pixel reader's network is from the annotators' votes: its loss and its figures."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from faces.ground.pixels import to_tensor
from faces.readers.pixels.network import PixelNetwork, anchors
from faces.readers.pixels.reader import grey_square, read_with_mirror
from faces.readers.pixels.votes import VotedFaces

#: Faces that are read at once to measure the network.
_BATCH = 512


def voted_loss(logits: Tensor, affect: Tensor, shares: Tensor, affect_weight: float) -> Tensor:
    """Cross-entropy to the shares of votes, and 1 − CCC with the squared error of affect.

    The label of affect is the expected anchor under the votes.
    """
    entropy = -(shares * F.log_softmax(logits.float(), 1)).sum(1).mean()
    target = shares @ anchors()
    error = (affect.float() - target).square().mean()
    return entropy + affect_weight * (error + (1 - concordance(affect.float(), target)).mean())


def concordance(x: Tensor, y: Tensor) -> Tensor:
    """Concordance correlation of each column of (N, K) with (N, K): (K,), differentiable.

    Lin, "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45 (1989).
    """
    dx, dy = x - x.mean(0), y - y.mean(0)
    spread = dx.square().mean(0) + dy.square().mean(0) + (x.mean(0) - y.mean(0)).square()
    return 2 * (dx * dy).mean(0) / (spread + 1e-8)


@torch.no_grad()
def dev_figures(network: PixelNetwork, faces: VotedFaces) -> dict[str, float]:
    """Cross-entropy to the votes, accuracy against the majority, CCC of valence and arousal."""
    read, size = [], network.config.size
    for start in range(0, len(faces), _BATCH):
        batch = [grey_square(image, size) for image in faces.images[start : start + _BATCH]]
        x = to_tensor(np.stack(batch)[:, None])
        with torch.autocast("cpu", torch.bfloat16):
            read.append(read_with_mirror(network, x.contiguous(memory_format=torch.channels_last)))
    probabilities, affect = (torch.cat(parts) for parts in zip(*read, strict=True))
    shares = torch.from_numpy(faces.shares())
    agreement = concordance(affect, shares @ anchors())
    right = probabilities.argmax(1) == torch.from_numpy(faces.labels)
    return {
        "dev_cross_entropy": float(-(shares * probabilities.clamp_min(1e-8).log()).sum(1).mean()),
        "dev_accuracy": float(right.float().mean()),
        "dev_ccc_valence": float(agreement[0]),
        "dev_ccc_arousal": float(agreement[1]),
    }
