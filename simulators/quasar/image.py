"""Show the machine as registers, with the oddities of the firmware."""

from .faults import Fault
from .machine import QuasarMachine
from .registers import BLOCKS, DC, IDENTITY, NOISE, Register, word
from .settings import QuasarSettings

LIMITS = range(0x0200, 0x020E)


class RegisterImage:
    """Answer what stands in each register now."""

    def __init__(self, settings: QuasarSettings, machine: QuasarMachine) -> None:
        """Show this machine."""
        self._settings = settings
        self._machine = machine
        self.current_offset_a = 0
        """Reactive current that the power does not show."""
        self._shown: dict[int, int] = {}

    def read(self, start: int, count: int) -> list[int] | None:
        """Return the words of a stretch, None where it touches a hole."""
        stretch = range(start, start + count)
        if Fault.NOT_A_QUASAR in self._machine.faults:
            return [0] * count
        if not any(start in block and stretch[-1] in block for block in BLOCKS):
            return None
        if self._is_missing(stretch):
            return None
        words = self._words()
        return [words.get(address, 0) & 0xFFFF for address in stretch]

    def _is_missing(self, stretch: range) -> bool:
        faults = self._machine.faults
        hides_watchdog = faults & {Fault.NO_WATCHDOG, Fault.HIDDEN_WATCHDOG}
        return (
            Fault.ALL_HOLES in faults
            or (Fault.NO_DC in faults and stretch[0] in DC)
            or (Fault.NO_LIMITS in faults and stretch[0] in LIMITS)
            or bool(hides_watchdog and Register.WATCHDOG in stretch)
        )

    def _words(self) -> dict[int, int]:
        measured = self._measured()
        if Fault.FROZEN not in self._machine.faults or not self._shown:
            self._shown = measured
        return NOISE | self._identity() | self._commands() | self._shown

    def _identity(self) -> dict[int, int]:
        settings = self._settings
        serial = settings.serial
        if Fault.OTHER_DEVICE in self._machine.faults:
            serial += 1
        part = settings.part_number.encode("ascii").ljust(12, b"\0")
        words = [settings.firmware, serial >> 16, serial & 0xFFFF]
        words += [part[at] << 8 | part[at + 1] for at in range(0, 12, 2)]
        return dict(zip(IDENTITY, words, strict=True))

    def _commands(self) -> dict[int, int]:
        machine = self._machine
        return {
            Register.PORT: 502,
            Register.CONTROL: machine.control,
            Register.AUTOSTART: machine.autostart,
            Register.SETPOINT_KIND: machine.by_power,
            0x0055: 6,
            Register.WATCHDOG: machine.watchdog_s,
            Register.LOCK: int(machine.locked),
            Register.ACTION: 1 if machine.running else 2,
            Register.CURRENT: word(machine.setpoint_a),
            Register.POWER: word(machine.setpoint_w),
        }

    def _measured(self) -> dict[int, int]:
        machine = self._machine
        unrecoverable, recoverable = machine.errors
        return {
            Register.AVAILABLE_CURRENT: self._settings.available_a,
            Register.AVAILABLE_POWER: min(7400, self._settings.available_a * 230),
            # A magnitude: the direction is in the power alone.
            Register.AC_CURRENT: word(abs(machine.current_a) + self.current_offset_a),
            Register.AC_VOLTAGE: word(self._settings.voltage_v),
            Register.AC_POWER: word(machine.power_w),
            Register.STATE: machine.state,
            Register.STATE_OF_CHARGE: self._state_of_charge(),
            Register.UNRECOVERABLE_HIGH: unrecoverable >> 16,
            Register.UNRECOVERABLE_LOW: unrecoverable & 0xFFFF,
            Register.RECOVERABLE_HIGH: recoverable >> 16,
            Register.RECOVERABLE_LOW: recoverable & 0xFFFF,
            **self._dc(),
        }

    def _state_of_charge(self) -> int:
        faults = self._machine.faults
        spurious = {
            Fault.STATE_OF_CHARGE_ZERO: 0,
            Fault.STATE_OF_CHARGE_ONE: 1,
            Fault.STATE_OF_CHARGE_FOUR: 4,
        }
        for fault, percent in spurious.items():
            if fault in faults:
                return percent
        car = self._machine.car
        if car is None or not self._machine.current_a:
            # The car is asked only while power flows.
            return 0
        return car.reported_percent

    def _dc(self) -> dict[int, int]:
        car = self._machine.car
        if car is None:
            return {Register.DC_VOLTAGE: 0, Register.DC_CURRENT: 0}
        current_a = self._machine.dc_power_w / car.voltage_v
        return {
            Register.DC_VOLTAGE: word(10 * car.voltage_v),
            Register.DC_CURRENT: word(10 * current_a),
        }
