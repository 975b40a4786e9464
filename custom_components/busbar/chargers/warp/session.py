"""Remember what a WARP charger tells only in passing: its session, its counter, its tags."""

from typing import Any, Final

from ..energy import EnergyFilter
from ..model import Occurrence
from .meters import MeterReading
from .parse import (
    CHARGING,
    IEC_A,
    EvseState,
    as_int,
    as_list,
    as_number,
    as_object,
    as_text,
)
from .paths import CURRENT_CHARGE, LOW_LEVEL_STATE, SEEN_TAGS
from .states import States

NO_CHARGE: Final = -1
UPTIME_WRAP_MS: Final = 2**32
HAS_CHARGED_KWH: Final = 0.01
TAG_IS_NEW_S: Final = 2.0
"""A tag that is held against the reader is reported with an age below this."""
TAG_IS_GONE_S: Final = 5.0
NFC_TAG: Final = "nfc_tag"
TAG_SEEN: Final = "seen"


class Session:
    """Follow one charge from plug-in to plug-out."""

    def __init__(self) -> None:
        """Begin without a vehicle."""
        self._energy = EnergyFilter()
        self._has_charged = False
        self.energy_kwh: float | None = None
        self.duration_s: float | None = None

    @property
    def lifetime_energy_kwh(self) -> float | None:
        """Return the counter of the meter, without its stumbles."""
        return self._energy.energy_kwh

    def take(self, states: States, evse: EvseState, meter: MeterReading) -> None:
        """Take the present picture over."""
        if meter.measured_at is not None:
            self._energy.take(meter.energy_kwh, meter.measured_at)
        charge = states.object(CURRENT_CHARGE)
        user = as_int(charge.get("user_id"))
        is_running = user is not None and user != NO_CHARGE
        self.energy_kwh = (
            self._energy_since(as_number(charge.get("meter_start")))
            if is_running
            else None
        )
        self.duration_s = (
            _duration_s(states, charge.get("evse_uptime_start")) if is_running else None
        )
        if evse.iec == IEC_A:
            self._has_charged = False
        elif evse.charger == CHARGING or (self.energy_kwh or 0.0) >= HAS_CHARGED_KWH:
            self._has_charged = True

    def has_declined(self, states: States) -> bool:
        """Return whether a vehicle that could charge does not want to.

        `charging_time` is no duration: the controller sets it once the vehicle left an offer unused for
        some minutes. Firmware of the first generation counts the charge there, which serves as well.
        """
        marker = as_int(states.object(LOW_LEVEL_STATE).get("charging_time"))
        return self._has_charged or bool(marker)

    def _energy_since(self, start_kwh: float | None) -> float | None:
        """Return what was charged since the counter stood at `start_kwh`."""
        now_kwh = self._energy.energy_kwh
        if start_kwh is None or now_kwh is None or now_kwh < start_kwh:
            return None
        return round(now_kwh - start_kwh, 6)


def _duration_s(states: States, start: object) -> float | None:
    """Return how long the charge lasts; both times are one processor clock that wraps."""
    start_ms = as_int(start)
    now_ms = as_int(states.object(LOW_LEVEL_STATE).get("uptime"))
    if start_ms is None or now_ms is None:
        return None
    return (now_ms - start_ms) % UPTIME_WRAP_MS / 1000


class TagReader:
    """Notice a tag at the reader, and forget at once whose it was."""

    def __init__(self) -> None:
        """Begin without a tag."""
        self._seen: dict[tuple[int, str], float] = {}
        self.occurrence: Occurrence | None = None

    def take(self, states: States) -> None:
        """Look at the list of tags; its age is told each time, so only small ages are events."""
        arrived_at = states.arrived_at(SEEN_TAGS)
        if arrived_at is None:
            return
        for entry in as_list(states.get(SEEN_TAGS)):
            self._take_tag(entry, arrived_at)

    def _take_tag(self, entry: Any, arrived_at: float) -> None:
        """Make one event of a tag that is held against the reader for a while."""
        fields = as_object(entry)
        tag_id, tag_type = as_text(fields.get("tag_id")), as_int(fields.get("tag_type"))
        age_ms = as_number(fields.get("last_seen"))
        if (
            tag_id is None
            or tag_type is None
            or age_ms is None
            or age_ms >= TAG_IS_NEW_S * 1000
        ):
            return
        seen_at = arrived_at - max(0.0, age_ms) / 1000
        before = self._seen.get((tag_type, tag_id))
        self._seen = {
            tag: at for tag, at in self._seen.items() if seen_at - at <= TAG_IS_GONE_S
        } | {(tag_type, tag_id): seen_at}
        if before is None or seen_at - before > TAG_IS_GONE_S:
            self.occurrence = Occurrence(
                kind=TAG_SEEN, happened_at=seen_at, details={"tag_type": tag_type}
            )
