"""Measure: the states below `meters/` and the older ones below `meter/`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulators.world import PhaseAmps

from .board import Board
from .commands import Command
from .faults import ENERGY_GLITCH_KWH, Fault
from .generation import MeterClass
from .settings import MeterKind
from .states import Json

FREQUENCY_HZ = 50.0
ALL_VALUES = 85
"""Length of `meter/all_values`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """Be what the meter sees at one moment; + import, - export."""

    voltage_v: float
    currents_a: PhaseAmps
    import_kwh: float
    export_kwh: float
    import_since_reset_kwh: float

    @property
    def powers_w(self) -> PhaseAmps:
        """Power per phase."""
        first_a, second_a, third_a = self.currents_a
        return (
            first_a * self.voltage_v,
            second_a * self.voltage_v,
            third_a * self.voltage_v,
        )

    @property
    def power_w(self) -> float:
        """Power of all phases."""
        return sum(self.powers_w)


VALUES: Mapping[int, Callable[[Reading], float]] = {
    1: lambda reading: reading.voltage_v,
    2: lambda reading: reading.voltage_v,
    3: lambda reading: reading.voltage_v,
    13: lambda reading: abs(reading.currents_a[0]),
    17: lambda reading: abs(reading.currents_a[1]),
    21: lambda reading: abs(reading.currents_a[2]),
    39: lambda reading: reading.powers_w[0],
    48: lambda reading: reading.powers_w[1],
    57: lambda reading: reading.powers_w[2],
    74: lambda reading: reading.power_w,
    209: lambda reading: reading.import_kwh,
    210: lambda reading: reading.import_since_reset_kwh,
    211: lambda reading: reading.export_kwh,
    364: lambda _: FREQUENCY_HZ,
    14: lambda reading: reading.currents_a[0],
    18: lambda reading: reading.currents_a[1],
    22: lambda reading: reading.currents_a[2],
    33: lambda reading: sum(abs(current_a) for current_a in reading.currents_a),
}
"""Value ids in the order in which the simulated meter reports them, computed ones last."""
ENERGY_IDS = frozenset({209, 210, 211})
IDS_OF_METER: Mapping[MeterKind, tuple[int, ...]] = {
    MeterKind.FULL: tuple(VALUES),
    MeterKind.POWER_ONLY: (74, 209, 210),
    MeterKind.LEGACY: tuple(VALUES),
    MeterKind.NONE: (),
}


class Meters:
    """Integrate the energy and publish the readings."""

    def __init__(self, board: Board, currents_a: Callable[[], PhaseAmps]) -> None:
        """Measure what currents_a returns."""
        self._board = board
        self._currents_a = currents_a
        self._last_s = board.now_s
        self._last_w = 0.0
        self._import_kwh = board.settings.meter_start_kwh
        self._export_kwh = 0.0
        self._reset_at_kwh = board.settings.meter_start_kwh
        self.ready_at_s = board.now_s + board.settings.meter_delay_s
        if board.settings.meter is not MeterKind.NONE and self._has_new_paths:
            board.commands.add(
                Command(path="meters/0/reset", action=lambda _: self._reset())
            )
        self._register()
        self.publish(board.now_s)

    @property
    def _has_new_paths(self) -> bool:
        """Whether the firmware knows `meters/*`."""
        return self._board.settings.meter is not MeterKind.LEGACY

    def is_known(self, now_s: float) -> bool:
        """Say whether the meter was recognised by now."""
        has_meter = self._board.settings.meter is not MeterKind.NONE
        is_missing = self._board.has(Fault.METER_MISSING)
        return has_meter and not is_missing and now_s >= self.ready_at_s

    @property
    def energy_kwh(self) -> float | None:
        """What the charge tracker takes as total energy."""
        return round(self._import_kwh, 4) if self.is_known(self._last_s) else None

    def step(self, now_s: float) -> None:
        """Book the energy since the last step."""
        hours = (now_s - self._last_s) / 3600
        energy_kwh = self._last_w / 1000 * hours
        self._import_kwh += max(0.0, energy_kwh)
        self._export_kwh += max(0.0, -energy_kwh)
        self._last_s = now_s
        self._last_w = self.reading().power_w

    def reading(self) -> Reading:
        """Return what the meter sees now."""
        return Reading(
            voltage_v=self._board.settings.voltage_v,
            currents_a=self._currents_a(),
            import_kwh=self._import_kwh,
            export_kwh=self._export_kwh,
            import_since_reset_kwh=self._import_kwh - self._reset_at_kwh,
        )

    def publish(self, now_s: float) -> None:
        """Write the present reading, unless the meter is stuck."""
        if self._board.has(Fault.METER_FROZEN) and self.is_known(now_s):
            return
        reading = self.reading()
        if self._has_new_paths:
            self._publish_ids(reading, is_known=self.is_known(now_s))
        if self._board.spec.has_evse:
            self._publish_legacy(reading, is_known=self.is_known(now_s))

    def _publish_ids(self, reading: Reading, *, is_known: bool) -> None:
        """Write ids and values of slot 0."""
        kind = self._board.settings.meter
        ids = IDS_OF_METER[kind] if is_known else ()
        self._board.states.put("meters/0/value_ids", [*ids])
        values: list[Json] = [self._value(value_id, reading) for value_id in ids]
        self._board.states.put("meters/0/values", values)

    def _value(self, value_id: int, reading: Reading) -> float | None:
        """Return one value with the faults of the moment."""
        if self._board.has(Fault.METER_NULL):
            return None
        if self._board.has(Fault.ENERGY_GLITCH) and value_id in ENERGY_IDS:
            return ENERGY_GLITCH_KWH
        return round(VALUES[value_id](reading), 4)

    def _publish_legacy(self, reading: Reading, *, is_known: bool) -> None:
        """Write the states of older firmware, which newer firmware still has."""
        states = self._board.states
        states.put(
            "meter/state", {"state": 2 if is_known else 0, "type": 3 if is_known else 0}
        )
        values: dict[str, Json] = dict.fromkeys(("power", "energy_rel", "energy_abs"))
        if is_known:
            values = {
                "power": self._value(74, reading),
                "energy_rel": self._value(210, reading),
                "energy_abs": self._value(209, reading),
            }
        states.put("meter/values", values)
        is_full = is_known and self._board.settings.meter is not MeterKind.POWER_ONLY
        active: list[Json] = [current_a > 0.1 for current_a in reading.currents_a]
        states.put(
            "meter/phases",
            {"phases_connected": [is_full] * 3, "phases_active": active},
        )
        states.put("meter/all_values", self._all_values(reading) if is_full else [])

    def _all_values(self, reading: Reading) -> list[Json]:
        """Return the 85 values of `meter/all_values`, most of them unknown."""
        values: list[Json] = [None] * ALL_VALUES
        values[0:3] = [reading.voltage_v] * 3
        values[3:6] = [self._value(value_id, reading) for value_id in (13, 17, 21)]
        values[6:9] = [self._value(value_id, reading) for value_id in (39, 48, 57)]
        values[24] = self._value(74, reading)
        values[29] = FREQUENCY_HZ
        values[30] = self._value(209, reading)
        values[31] = self._value(211, reading)
        return values

    def _register(self) -> None:
        """Write the configuration of every slot, most of them unused."""
        if not self._has_new_paths:
            return
        board = self._board
        for slot in range(board.spec.meter_slots):
            is_used = slot == 0 and board.settings.meter is not MeterKind.NONE
            config: list[Json] = [int(MeterClass.NONE), None]
            if is_used:
                location = 2 if board.spec.has_evse else 4
                config = [
                    int(board.spec.meter_class),
                    {"display_name": "Meter", "location": location},
                ]
            board.states.put(f"meters/{slot}/config", config)
            board.states.put(f"meters/{slot}/value_ids", [])
            board.states.put(f"meters/{slot}/values", [])
        if board.settings.meter is not MeterKind.NONE:
            board.states.put("meters/0/last_reset", {"last_reset": 0})

    def _reset(self) -> None:
        """Start the resettable energy again."""
        self._reset_at_kwh = self._import_kwh
        # Without a clock the device counts resets instead of telling a time.
        self._board.states.put("meters/0/last_reset", {"last_reset": 1})
