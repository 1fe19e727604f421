"""`circumplex studio`: the page, opened."""

from dataclasses import dataclass, field
from pathlib import Path

from studio.validation import STYLEGAN, require


@dataclass(frozen=True)
class StudioRequest:
    """Open the app.

    Attributes:
        generator: "stylegan3", "bundled" (the β-VAE), the folder of a run, or a StyleGAN's file.
        directions: file, folder or "bundled"; None for those that belong to the generator.
        label: class of a conditional StyleGAN.
        host, port: where to listen; port 0 takes a free one.
        browser: open the page.
        user, password: the login; needed on any address but this machine's own.
    """

    generator: str = STYLEGAN
    host: str = "127.0.0.1"
    port: int = 7860
    browser: bool = True
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    directions: Path | None = None
    label: int | None = None

    def __post_init__(self) -> None:
        require(0 <= self.port < 65536, f"port is {self.port}; it must be between 0 and 65535")
        require(bool(self.user) == bool(self.password), "a login needs both user and password")
        require(
            self.is_local or bool(self.user),
            f"{self.host} can be reached by others: give --user and --password "
            "(or CIRCUMPLEX_USER and CIRCUMPLEX_PASSWORD), or stay on 127.0.0.1",
        )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the address."""
        return self.host in ("127.0.0.1", "localhost", "::1")
