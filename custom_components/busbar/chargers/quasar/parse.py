"""Turn register words into values, and values into the words of the house. Pure."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ..model import ChargerStatus
from .registers import MAXIMUM_W, SetpointKind, to_signed

_LEVEL_OFFSET: Final = 12
_STATE_OFFSET: Final = 11


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceInfo:
    """Who a charger is."""

    firmware: int
    serial: str
    part_number: str | None


class ChargerState(IntEnum):
    """Register 0x219; firmwares may say more than these."""

    DISCONNECTED = 0
    CHARGING = 1
    WAITING_FOR_VEHICLE = 2
    APP_SCHEDULE = 3
    PAUSED = 4
    SCHEDULE_ENDED = 5
    LOCKED = 6
    ERROR_OR_OCPP = 7
    POWER_SHARING_QUEUE = 8
    POWER_SHARING_UNCONFIGURED = 9
    POWER_BOOST_QUEUE = 10
    DISCHARGING = 11


STATE_KEYS: Final = tuple(state.name.lower() for state in ChargerState)

STATUS: Final[dict[int, ChargerStatus]] = {
    ChargerState.DISCONNECTED: ChargerStatus.DISCONNECTED,
    ChargerState.CHARGING: ChargerStatus.CHARGING,
    ChargerState.WAITING_FOR_VEHICLE: ChargerStatus.SUSPENDED_BY_VEHICLE,
    ChargerState.APP_SCHEDULE: ChargerStatus.SUSPENDED_BY_CHARGER,
    ChargerState.PAUSED: ChargerStatus.PAUSED,
    ChargerState.SCHEDULE_ENDED: ChargerStatus.PAUSED,
    # Without a vehicle as well; that it is locked is told beside it.
    ChargerState.LOCKED: ChargerStatus.DISCONNECTED,
    # Also shown for minutes after a restart and while OCPP is on: an error only when it lasts.
    ChargerState.ERROR_OR_OCPP: ChargerStatus.OUT_OF_SERVICE,
    ChargerState.POWER_SHARING_QUEUE: ChargerStatus.SUSPENDED_BY_CHARGER,
    ChargerState.POWER_SHARING_UNCONFIGURED: ChargerStatus.ERROR,
    ChargerState.POWER_BOOST_QUEUE: ChargerStatus.SUSPENDED_BY_CHARGER,
    ChargerState.DISCHARGING: ChargerStatus.DISCHARGING,
}

EMPTY_STATES: Final = frozenset({ChargerState.DISCONNECTED, ChargerState.LOCKED})
_UNTOLD_STATES: Final = frozenset(
    {ChargerState.ERROR_OR_OCPP, ChargerState.POWER_SHARING_UNCONFIGURED}
)
FLOW_STATES: Final = frozenset({ChargerState.CHARGING, ChargerState.DISCHARGING})


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """Who is in control, and by what rules."""

    is_remote: bool
    starts_by_itself: bool
    kind: SetpointKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What was commanded last, by whomever; + charge, - discharge."""

    is_locked: bool
    current_a: int
    power_w: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the installation allows, and what stands on the AC side."""

    available_a: int
    available_w: int
    current_a: int
    """A magnitude; the direction is in the power alone."""
    voltage_v: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurements:
    """What the charger measures and says of itself; + charge, - discharge."""

    power_w: int
    state: int
    level_raw: int
    """State of charge as it stands there, quirks included."""
    unrecoverable: int
    recoverable: int

    @property
    def vehicle_connected(self) -> bool | None:
        """Return whether a vehicle is there, `None` where the state does not tell."""
        if self.state in EMPTY_STATES:
            return False
        if self.state in _UNTOLD_STATES or self.state not in STATUS:
            return None
        return True


@dataclass(frozen=True, kw_only=True, slots=True)
class DcSide:
    """What stands at the vehicle; + charge, - discharge."""

    voltage_v: float
    current_a: float

    @property
    def power_w(self) -> float:
        """Return what arrives at (+) or leaves (-) the battery."""
        return self.voltage_v * self.current_a


@dataclass(frozen=True, kw_only=True, slots=True)
class Readout:
    """One round of reads. `at` is when it began: nothing in it is older."""

    at: float
    control: Control
    command: Command
    measured: Measurements
    limits: Limits | None = None
    dc: DcSide | None = None

    @property
    def setpoint_a(self) -> float:
        """Return the current that the set-point register asks for."""
        if self.control.kind is SetpointKind.CURRENT:
            return float(self.command.current_a)
        return self.command.power_w / self.voltage_v

    def holds(self, current_a: int) -> bool:
        """Return whether the set-point register asks for this current.

        In power mode whole amperes come back as watts, at the voltage of another moment, and capped.
        """
        if self.control.kind is SetpointKind.CURRENT:
            return self.command.current_a == current_a
        power_w = self.command.power_w
        is_capped = abs(power_w) >= MAXIMUM_W and abs(current_a) > abs(self.setpoint_a)
        if is_capped:
            return power_w * current_a > 0
        return abs(self.setpoint_a - current_a) < 0.5

    @property
    def voltage_v(self) -> float:
        """Return the mains voltage, the nominal one where it is not told."""
        measured_v = self.limits.voltage_v if self.limits else 0
        # A charger that just started reads 0 V.
        return float(measured_v) if measured_v > 100 else 230.0


def parse_device_info(words: list[int]) -> DeviceInfo | None:
    """Return who answers; `None` when it is no Quasar (an empty firmware word or serial number)."""
    firmware, high, low, *part = words
    serial = high << 16 | low
    if not firmware or not serial:
        return None
    text = b"".join(word.to_bytes(2) for word in part).rstrip(b"\0 ")
    return DeviceInfo(
        firmware=firmware, serial=str(serial), part_number=_part_number(text)
    )


def _part_number(text: bytes) -> str | None:
    """Return the twelve characters as they are printed on the charger."""
    if len(text) != 12 or not text.isalnum():
        return None
    plain = text.decode("ascii")
    return "-".join((plain[:4], *plain[4:8], plain[8:11], plain[11]))


def parse_control(words: list[int]) -> Control:
    """Read the block at 0x51."""
    by_power = words[2] == SetpointKind.POWER
    return Control(
        is_remote=words[0] == 1,
        starts_by_itself=words[1] != 0,
        kind=SetpointKind.POWER if by_power else SetpointKind.CURRENT,
    )


def parse_command(words: list[int]) -> Command:
    """Read the block at 0x100."""
    return Command(
        is_locked=words[0] == 1,
        current_a=to_signed(words[2]),
        power_w=to_signed(words[4]),
    )


def parse_limits(words: list[int]) -> Limits:
    """Read the block at 0x200."""
    return Limits(
        available_a=words[0],
        available_w=words[2],
        current_a=abs(to_signed(words[7])),
        voltage_v=words[10],
    )


def parse_measurements(words: list[int]) -> Measurements:
    """Read the block at 0x20E."""
    return Measurements(
        power_w=to_signed(words[0]),
        state=words[_STATE_OFFSET],
        level_raw=words[_LEVEL_OFFSET],
        unrecoverable=words[13] << 16 | words[14],
        recoverable=words[15] << 16 | words[16],
    )


def parse_dc(voltage: list[int], current: list[int]) -> DcSide:
    """Read the registers 0x223 and 0x224."""
    return DcSide(voltage_v=voltage[0] / 10, current_a=to_signed(current[0]) / 10)


def state_key(state: int) -> str | None:
    """Return the translation key of a state, `None` for one that is not known."""
    return STATE_KEYS[state] if state < len(STATE_KEYS) else None
