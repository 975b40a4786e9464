"""Keep over restarts what a site must not forget: its target, switches, modes and pauses, the memory."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..balancer.model import PhaseAmps
from ..balancer.modes import Mode
from ..const import DOMAIN

# The memory changes with every step; what it loses in a crash is convenience, not safety.
_MEMORY_DELAY_S: Final = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenMode:
    """What a person chose for one member."""

    mode: Mode | None = None
    """`None`: nobody chose one yet."""
    before: Mode | None = None
    """What was chosen before a mode that only lasts until something happens."""
    fixed_a: float | None = None
    """The current of the fixed mode, plus charges, minus discharges; `None`: nobody set one."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for storage."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore it from storage; a mode that is not known (any more) was never chosen."""
        return cls(
            mode=_known_mode(data.get("mode")),
            before=_known_mode(data.get("before")),
            fixed_a=data.get("fixed_a"),
        )


def _known_mode(stored: str | None) -> Mode | None:
    return Mode(stored) if stored in set(Mode) else None


@dataclass(kw_only=True)
class SiteState:
    """What is kept of a site."""

    target_a: PhaseAmps | None = None
    """Target that a person set, per phase; `None` = nobody did, or its time ran out."""
    target_ends_at: datetime | None = None
    """When it runs out, in wall time, so that it does so also while we are away."""
    is_balancing: bool = True
    windows_off: frozenset[str] = frozenset()
    """Keys of the windows that a person switched off."""
    pauses: Mapping[str, datetime] = field(default_factory=dict)
    """When the pause of each paused member ends, by key, in wall time."""
    modes: Mapping[str, ChosenMode] = field(default_factory=dict)
    """By member key."""
    memory: Mapping[str, Any] = field(default_factory=dict)
    """What the balancer remembers, with ages instead of times."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for storage."""
        ends_at = self.target_ends_at
        return {
            "target_a": self.target_a,
            "target_ends_at": ends_at.isoformat() if ends_at else None,
            "is_balancing": self.is_balancing,
            "windows_off": sorted(self.windows_off),
            "pauses": {key: end.isoformat() for key, end in self.pauses.items()},
            "modes": {key: chosen.as_dict() for key, chosen in self.modes.items()},
            "memory": self.memory,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Restore it from storage; a target whose time ran out meanwhile is gone."""
        target = data["target_a"]
        ends_at = data["target_ends_at"] and dt_util.parse_datetime(
            data["target_ends_at"]
        )
        if ends_at is not None and ends_at <= dt_util.utcnow():
            target = ends_at = None
        return cls(
            target_a=target and (target[0], target[1], target[2]),
            target_ends_at=ends_at,
            is_balancing=data["is_balancing"],
            windows_off=frozenset(data.get("windows_off", ())),
            pauses={
                key: datetime.fromisoformat(ends_at)
                for key, ends_at in data.get("pauses", {}).items()
            },
            modes={
                key: ChosenMode.from_dict(chosen)
                for key, chosen in data.get("modes", {}).items()
            },
            memory=data["memory"],
        )


class SiteStore:
    """The file of one site."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the file."""
        self._store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}.site.{entry_id}")
        self.state = SiteState()

    async def async_load(self) -> None:
        """Read what was stored."""
        if (data := await self._store.async_load()) is not None:
            self.state = SiteState.from_dict(data)

    async def async_save(self) -> None:
        """Save at once: a person decided something."""
        await self._store.async_save(self.state.as_dict())

    def save_later(self) -> None:
        """Save the memory soon, and in any case when Home Assistant stops."""
        self._store.async_delay_save(self.state.as_dict, _MEMORY_DELAY_S)

    async def async_remove(self) -> None:
        """Delete the file of a site that is gone."""
        await self._store.async_remove()
