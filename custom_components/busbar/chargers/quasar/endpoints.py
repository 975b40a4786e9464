"""Say where the vendor's cloud is; tests and the demo say something else."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """Name both base addresses, each with the slash that the library expects."""

    api_url: str = "https://api.wall-box.com/"
    login_url: str = "https://user-api.wall-box.com/"


VENDOR: Final = Endpoints()
