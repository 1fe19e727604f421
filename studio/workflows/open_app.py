"""`circumplex studio`: the page, opened."""

from dataclasses import dataclass

from faces.ground.records import setting
from studio.model_choice import DirectionsChoice
from studio.validation import require


@dataclass(frozen=True, kw_only=True)
class StudioRequest(DirectionsChoice):
    """Open the app."""

    port: int = setting(7860, "Port; 0 takes a free one.", at_least=0, below=65536)
    host: str = setting(
        "127.0.0.1", "Address to listen on; any but this machine's own needs a login."
    )
    browser: bool = setting(True, "Open the page in the browser.")
    user: str | None = setting(None, "Login name.", variable="CIRCUMPLEX_USER")
    password: str | None = setting(
        None,
        "Password; others on this machine can read an option, so prefer the variable.",
        variable="CIRCUMPLEX_PASSWORD",
        repr=False,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
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
