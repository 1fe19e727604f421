"""How alike two faces look to the network that tells people apart."""

import torch
from torch import Tensor, nn

from faces.readers.identity.alignment import chips_of_crops
from faces.readers.identity.network import IdentityNetwork

#: Blocks whose maps are compared: the last of each width, where the side is 35, 17, 8 and 4.
_BLOCKS = (2, 6, 9, 12)
_LEAST_POWER = 1e-4


class Likeness(nn.Module):
    """Distance of faces in the maps and in the embedding of the identity network.

    Args:
        margin: of the crops, as `faces.sets` cut them.
    """

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.network, self.margin = IdentityNetwork.load(), margin

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """(N,), of pictures (N, C, S, S) in [-1, 1]: 0 for the same ones, about 2 for two people's.

        Differentiable in the output.
        """
        with torch.autocast(output.device.type, torch.bfloat16):
            maps, embeddings = self._seen(output)
            with torch.no_grad():
                wanted, person = self._seen(target)
        terms = [(embeddings - person).square().sum(1)]
        pairs = ((maps[block], wanted[block]) for block in _BLOCKS)
        terms += [(_unit(a) - _unit(b)).square().mean((1, 2, 3)) for a, b in pairs]
        return torch.stack(terms).sum(0)

    def _seen(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        return self.network.maps(chips_of_crops(images.float(), self.margin))


def _unit(maps: Tensor) -> Tensor:
    """Maps (N, C, H, W) of unit power, face by face."""
    maps = maps.float()
    return maps * (maps.square().mean((1, 2, 3), keepdim=True) + _LEAST_POWER).rsqrt()
