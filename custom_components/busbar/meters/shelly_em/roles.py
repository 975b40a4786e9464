"""Decide what each clamp measures, and join the clamps that measure the same. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from ...chargers.model import UNKNOWN_PHASES, PhaseValues
from .parse import CHANNEL_MISSING, Channel, Reading

_PHASES: Final = (1, 2, 3)
# Below this apparent power a power factor says nothing.
_LEAST_MEANINGFUL_VA: Final = 10.0


class MeterRole(StrEnum):
    """What a clamp is around."""

    GRID = "grid"
    """The supply: + import, - export."""
    SOLAR = "solar"
    """The roof: + production, by the direction of its clamp."""
    EVSE = "evse"
    """A charger: + charge, - discharge."""
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClampSetting:
    """What a person said of one channel."""

    channel: int
    role: MeterRole
    phase: int = 1
    is_inverted: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read it from the settings. Raises `ValueError`."""
        phase = int(data.get("phase", 1))
        if phase not in _PHASES:
            raise ValueError(f"there is no phase {phase}")
        return cls(
            channel=int(data["channel"]),
            role=MeterRole(data["role"]),
            phase=phase,
            is_inverted=bool(data.get("invert", False)),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as a setting."""
        return {
            "channel": self.channel,
            "role": self.role.value,
            "phase": self.phase,
            "invert": self.is_inverted,
        }


def default_clamps(reading: Reading) -> tuple[ClampSetting, ...]:
    """Return what the clamps most likely measure: three are the phases of the grid, the first alone too."""
    if reading.is_three_phase:
        return tuple(
            ClampSetting(channel=channel, role=MeterRole.GRID, phase=channel + 1)
            for channel in sorted(reading.channels)
        )
    return (ClampSetting(channel=0, role=MeterRole.GRID),)


def grouped(clamps: Sequence[ClampSetting]) -> dict[str, tuple[ClampSetting, ...]]:
    """Return the clamps of each meter by its suffix: one per role, and one per other thing."""
    meters: dict[str, tuple[ClampSetting, ...]] = {}
    for clamp in clamps:
        suffix = clamp.role.value
        if clamp.role is MeterRole.OTHER:
            suffix = f"{suffix}_{clamp.channel}"
        meters[suffix] = (*meters.get(suffix, ()), clamp)
    return meters


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """What the clamps of one meter say together."""

    power_w: float | None = None
    power_factor: float | None = None
    """Without a sign: the direction is in the power alone."""
    currents_a: PhaseValues = UNKNOWN_PHASES
    voltages_v: PhaseValues = UNKNOWN_PHASES
    imported_kwh: float | None = None
    exported_kwh: float | None = None
    error: str | None = None


def join(reading: Reading, clamps: Sequence[ClampSetting]) -> Joined:
    """Return the sum and the phases; one clamp that is not to be believed spoils both."""
    channels = [_turned(reading, clamp) for clamp in clamps]
    for channel in channels:
        if channel.error is not None:
            return Joined(error=channel.error)
    currents: dict[int, float | None] = dict.fromkeys(_PHASES)
    voltages: dict[int, float | None] = dict.fromkeys(_PHASES)
    for clamp, channel in zip(clamps, channels, strict=True):
        current_a = channel.current_a or 0.0
        currents[clamp.phase] = round((currents[clamp.phase] or 0.0) + current_a, 3)
        voltages[clamp.phase] = channel.voltage_v
    power_w = round(sum(channel.power_w or 0.0 for channel in channels), 2)
    return Joined(
        power_w=power_w,
        power_factor=_power_factor(
            power_w, _sum([channel.apparent_va for channel in channels])
        ),
        currents_a=(currents[1], currents[2], currents[3]),
        voltages_v=(voltages[1], voltages[2], voltages[3]),
        imported_kwh=_sum([channel.imported_kwh for channel in channels]),
        exported_kwh=_sum([channel.exported_kwh for channel in channels]),
    )


def _turned(reading: Reading, clamp: ClampSetting) -> Channel:
    """Return a channel as if its clamp were the right way round."""
    channel = reading.channels.get(clamp.channel)
    if channel is None:
        return Channel(error=CHANNEL_MISSING)
    if not clamp.is_inverted or channel.power_w is None:
        return channel
    return Channel(
        power_w=-channel.power_w,
        current_a=None if channel.current_a is None else -channel.current_a,
        apparent_va=channel.apparent_va,
        voltage_v=channel.voltage_v,
        imported_kwh=channel.exported_kwh,
        exported_kwh=channel.imported_kwh,
    )


def _power_factor(power_w: float, apparent_va: float | None) -> float | None:
    if apparent_va is None or apparent_va < _LEAST_MEANINGFUL_VA:
        return None
    return round(min(abs(power_w) / apparent_va, 1.0), 2)


def _sum(values: Sequence[float | None]) -> float | None:
    """Return the sum, `None` where a part is not known: a counter must not fall for that."""
    known = [value for value in values if value is not None]
    return round(sum(known), 4) if len(known) == len(values) else None
