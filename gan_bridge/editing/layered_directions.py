"""Directions that know which layers of a generator they move."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gan_bridge.generators.protocol import Generator

if TYPE_CHECKING:
    from vae.probing.directions import Directions


@runtime_checkable
class LayeredDirections(Protocol):
    """Directions that know which layers an edit moves by default, as a bridge does."""

    @property
    def directions(self) -> "Directions":
        """As of any latent space."""
        ...

    @property
    def layers(self) -> tuple[int, ...]:
        """The default layers."""
        ...

    def check(self, generator: Generator) -> None:
        """Refuse another generator than that of these directions."""
        ...
