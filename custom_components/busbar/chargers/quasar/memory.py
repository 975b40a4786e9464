"""Remember over restarts what a person chose and what cannot be read back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Self

from .setpoint import LevelRules

DEFAULT_FLOOR_PERCENT: Final = 20
DEFAULT_CEILING_PERCENT: Final = 100

type SaveState = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """What is stored; its names are the keys of the stored mapping."""

    external_control: bool = False
    """A person allowed us to write to the charger. Without it nothing is written."""
    held_back: bool = False
    """A person stopped the charge; no loop starts it again."""
    floor_percent: int = DEFAULT_FLOOR_PERCENT
    ceiling_percent: int = DEFAULT_CEILING_PERCENT
    charged_kwh: float = 0.0
    discharged_kwh: float = 0.0
    restarts_at: tuple[float, ...] = ()
    """Wall time in seconds of the last restarts through the cloud."""

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Restore it; what is missing or foreign is left at its default."""
        known = {field.name for field in fields(cls)}
        stored = {key: value for key, value in state.items() if key in known}
        if "restarts_at" in stored:
            stored["restarts_at"] = tuple(stored["restarts_at"])
        return cls(**stored)

    @property
    def rules(self) -> LevelRules:
        """Return between which states of charge the battery may be used."""
        return LevelRules(
            floor_percent=self.floor_percent, ceiling_percent=self.ceiling_percent
        )


class Memory:
    """Hold what is remembered, and hand every change out to be stored."""

    def __init__(self, state: Mapping[str, Any], save_state: SaveState) -> None:
        """Begin with what was stored."""
        self.now = Remembered.from_state(state)
        self._save_state = save_state

    def change(self, **changes: Any) -> None:
        """Remember something else from now on."""
        changed = replace(self.now, **changes)
        if changed != self.now:
            self.now = changed
            stored = asdict(changed)
            stored["restarts_at"] = list(changed.restarts_at)
            self._save_state(stored)
