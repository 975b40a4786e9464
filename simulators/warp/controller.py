"""Be the charge controller: slots, pilot, contactor and the car at its cable."""

from enum import IntEnum

from simulators.world import NO_AMPS, Car, PhaseAmps
from simulators.world.car import Offer

from .faults import Fault
from .phase_switch import PhaseSwitch
from .settings import WarpSettings
from .slots import FULL_MA, Flash, SlotName, SlotTable

UP_BEFORE_S = 86400.0
"""A simulated device has been running for a day when the world begins."""
BOOST_A = 0.24
MANAGER_TIMEOUT_S = 30.0
AUTO_SWITCH_S = 30.0
CP_WAKE_S = 1.0


class PilotState(IntEnum):
    """Number the IEC 61851 states as the wire does."""

    A = 0
    B = 1
    C = 2
    D = 3
    E_F = 4


class ChargerState(IntEnum):
    """Number what the firmware derives from pilot, slots and errors."""

    NOT_CONNECTED = 0
    WAITING_FOR_RELEASE = 1
    READY = 2
    CHARGING = 3
    ERROR = 4


ERRORS = {Fault.CONTACTOR_ERROR: 4, Fault.DC_FAULT: 3}
"""`error_state` while a fault is on."""


class ChargeController:
    """Live from step to step; everything the network processor shows comes from here."""

    def __init__(
        self, settings: WarpSettings, faults: set[Fault], now_s: float
    ) -> None:
        """Start up without a car."""
        self.settings = settings
        self._faults = faults
        self.flash = Flash(
            external_ma=settings.external_default_ma,
            external_clear=settings.external_clear_on_disconnect,
            managed=settings.managed,
        )
        self.slots = self._fresh_slots()
        self.started_s = now_s - UP_BEFORE_S
        self.car: Car | None = None
        self.pilot = PilotState.A
        self.pilot_since_s = now_s
        self.boost = False
        self.cp_disconnected = False
        self.phase_auto_switch = False
        self.went_to_one_phase_itself = False
        self.live_phases = 3
        self.contactor_is_moving = False
        self.phase_switch = PhaseSwitch(settings.phase_switch_s, self._switched)
        self.plugged_s = now_s
        self.manager_ip = "0.0.0.0"
        self._manager_heard_s = now_s
        self._resumes_at_s = now_s
        self._one_phase_since_s: float | None = None

    def _fresh_slots(self) -> SlotTable:
        """Return the slots as after a start."""
        slots = SlotTable(
            self.settings.spec.slots,
            self.flash,
            self.settings.outgoing_cable_ma,
            self.settings.spec.evse_version,
        )
        if not self.flash.managed:
            slots[SlotName.MANAGER].max_current_ma = 0
        return slots

    def restart(self, now_s: float) -> None:
        """Start again: volatile slots are lost, what was in flash comes back."""
        self.slots = self._fresh_slots()
        self.started_s = now_s
        self.boost = False
        self.cp_disconnected = False
        self.manager_ip = "0.0.0.0"
        self._manager_heard_s = now_s

    # What it shows

    @property
    def error_state(self) -> int:
        """0, or the number of blinks."""
        return next((ERRORS[fault] for fault in ERRORS if fault in self._faults), 0)

    @property
    def charger_state(self) -> ChargerState:
        """What the firmware makes of pilot, slots and errors."""
        if self.error_state:
            return ChargerState.ERROR
        if self.pilot is PilotState.C:
            return ChargerState.CHARGING
        if self.pilot is PilotState.B:
            is_blocked = self.slots.allowed_ma == 0
            return (
                ChargerState.WAITING_FOR_RELEASE if is_blocked else ChargerState.READY
            )
        return ChargerState.NOT_CONNECTED

    @property
    def drawn_a(self) -> PhaseAmps:
        """What flows on the charger's own phases."""
        return self.car.drawn_a if self.car else NO_AMPS

    def offer(self, now_s: float) -> Offer:
        """Return what the pilot signals to the car."""
        is_off = (
            self.error_state
            or self.phase_switch.is_switching
            or self.contactor_is_moving
            or self.cp_disconnected
            or now_s < self._resumes_at_s
            or self.slots.allowed_ma == 0
        )
        if is_off:
            return Offer(0.0, self.live_phases)
        current_a = self.slots.allowed_ma / 1000
        return Offer(current_a + (BOOST_A if self.boost else 0.0), self.live_phases)

    # What happens to it

    def plug(self, car: Car, now_s: float) -> None:
        """Connect a car, in place of another one if there is one."""
        if self.car is not None:
            self.unplug(now_s)
        self.car = car
        self.plugged_s = now_s
        car.plug_in(now_s)
        self.step(now_s)

    def unplug(self, now_s: float) -> None:
        """Take the car away."""
        if self.car is None:
            return
        self.car.unplug()
        self.car = None
        self.slots.unplug()
        self._resumes_at_s = now_s
        self.step(now_s)

    def release(self) -> None:
        """Start charging as button or command do; nothing happens without a car."""
        if self.pilot is not PilotState.A:
            self.slots[SlotName.AUTO_START].max_current_ma = FULL_MA

    def block(self) -> None:
        """Stop charging as button or command do; nothing happens without a car."""
        if self.pilot is not PilotState.A:
            self.slots[SlotName.AUTO_START].max_current_ma = 0

    def set_managed(self, *, enabled: bool, now_s: float) -> None:
        """Listen to a charge manager, or no longer; the present value changes nothing."""
        if enabled == self.flash.managed:
            return
        self.flash.managed = enabled
        self._manager_heard_s = now_s
        if enabled:
            self.slots.set_blocking(SlotName.MANAGER, enabled=True, start_ma=0)
        else:
            self.slots.release(SlotName.MANAGER)

    def manager_packet(self, current_ma: int, now_s: float, ip: str) -> None:
        """Take the allocation of a charge manager."""
        if self.flash.managed:
            self._manager_heard_s = now_s
            self.manager_ip = ip
            self.slots.set_current(SlotName.MANAGER, current_ma)

    def set_cp_disconnected(self, *, disconnected: bool) -> None:
        """Cut the control pilot, which also wakes a sleeping car."""
        if self.flash.managed:
            return
        if self.cp_disconnected and not disconnected and self.car:
            self.car.wake()
        self.cp_disconnected = disconnected

    def step(self, now_s: float) -> None:
        """Live until now."""
        self._watch_manager(now_s)
        self.phase_switch.step(now_s)
        if self.car is not None:
            self.car.step(now_s, self.offer(now_s))
        self._watch_phases(now_s)
        pilot = self._derive_pilot()
        if self.pilot is PilotState.C and pilot is PilotState.B:
            self._resumes_at_s = now_s + self.settings.resume_wait_s
        if pilot is not self.pilot:
            self.pilot = pilot
            self.pilot_since_s = now_s

    def _derive_pilot(self) -> PilotState:
        """Return the pilot state that car and errors make."""
        if self.error_state:
            return PilotState.E_F
        if self.car is None:
            return PilotState.A
        return PilotState.C if self.car.is_drawing else PilotState.B

    def _watch_manager(self, now_s: float) -> None:
        """Block when no manager was heard for 30 s."""
        silent_s = now_s - self._manager_heard_s
        if self.flash.managed and silent_s > MANAGER_TIMEOUT_S:
            self.manager_ip = "0.0.0.0"
            self.slots[SlotName.MANAGER].max_current_ma = 0

    def _watch_phases(self, now_s: float) -> None:
        """Go to one phase for a car that uses one, if that is switched on."""
        first_a, second_a, third_a = self.drawn_a
        uses_one = first_a > 5 and second_a < 0.5 and third_a < 0.5
        can_switch = self.phase_auto_switch and self.settings.spec.switches_phases
        if not (uses_one and can_switch and self.live_phases == 3):
            self._one_phase_since_s = None
            return
        if self._one_phase_since_s is None:
            self._one_phase_since_s = now_s
        if now_s - self._one_phase_since_s >= AUTO_SWITCH_S:
            self.went_to_one_phase_itself = True
            self.phase_switch.request(1, now_s)

    def _switched(self, phases: int) -> None:
        """Take note of the phases behind the contactor."""
        self.live_phases = phases
        if phases == 3:
            self.went_to_one_phase_itself = False
        if self.car:
            self.car.wake()

    @property
    def takes_car_for_one_phase(self) -> bool:
        """Whether a wish for three phases is accepted and not carried out."""
        return self.went_to_one_phase_itself or Fault.CAR_ONE_PHASE in self._faults
