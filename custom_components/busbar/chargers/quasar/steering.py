"""Follow the present wish for a charger: the one place from which set-points are written."""

from collections.abc import Callable
import math
from typing import Final

from ..errors import ChargerError, Rejected
from .client import Refused
from .control import RemoteControl
from .parse import FLOW_STATES, ChargerState, Readout
from .patience import RetakePolicy
from .registers import MINIMUM_A
from .setpoint import Barrier, LevelRules, SetpointGuard

BARRIER_TEXTS: Final = {
    Barrier.FLOOR: "the state of charge is at its floor",
    Barrier.CEILING: "the state of charge is at its ceiling",
    Barrier.UNKNOWN: "the state of charge is not known",
}
_RETRY_FIRST_S: Final = 60.0
_RETRY_LONGEST_S: Final = 900.0
_RETRIES: Final = 5
"""How often what ended by itself is begun again without a new wish: a vehicle may want no more."""
_FULL_PERCENT: Final = 95
"""Batteries end a charge at about 97 %."""
_IDLE_STATES: Final = frozenset(
    {
        ChargerState.DISCONNECTED,
        ChargerState.PAUSED,
        ChargerState.SCHEDULE_ENDED,
        ChargerState.LOCKED,
    }
)
_ENDED_STATES: Final = frozenset({ChargerState.PAUSED, ChargerState.SCHEDULE_ENDED})


class Steering:
    """Hold the wish, and bring the charger to it as fast as it can follow."""

    def __init__(self, remote: RemoteControl, *, clock: Callable[[], float]) -> None:
        """Begin without a wish: what flows is left alone until somebody wants something."""
        self.remote = remote
        self._clock = clock
        self._guard = SetpointGuard()
        self._retake = RetakePolicy()
        self._readout: Readout | None = None
        self._taken_at: float | None = None
        self._asked_again = False
        self._retry_at = -math.inf
        self._retry_s = _RETRY_FIRST_S
        self._retries_left = _RETRIES
        self._ended_at: float | None = None
        """Since when the charger stands still with our set-point in its register."""
        self._may_begin = True
        self._is_unsure = False
        """The charger may not hold what was sent: the write failed, or it was not heard since."""
        self._must_stop = False
        self._is_stop_refused = False
        self.wish_a: int | None = None
        self.is_held_back = False
        self.is_probing = False
        self.commanded_a: int | None = None
        self.commanded_at: float | None = None

    # What is wanted

    @property
    def wanted_a(self) -> int | None:
        """Return what the charger is to do now; `None` leaves it alone."""
        if self.wish_a is None and not (self.is_held_back or self.is_probing):
            return None
        has_vehicle = self._readout is not None and (
            self._readout.measured.vehicle_connected is not False
        )
        # Without a vehicle no set-point is left standing: it would start the next one by itself.
        if self.is_held_back or not has_vehicle:
            return 0
        return self.wish_a or (MINIMUM_A if self.is_probing else 0)

    @property
    def pending_a(self) -> int | None:
        """Return what waits for its guard time or for the connection."""
        wanted_a = self.wanted_a
        return None if self._is_held(wanted_a) else wanted_a

    @property
    def is_lost(self) -> bool:
        """Return whether control was taken from us, or never was ours since we are here."""
        if self._taken_at is None:
            return True
        readout = self._readout
        return (
            readout is not None
            and readout.at >= self._taken_at
            and not readout.control.is_remote
        )

    @property
    def opens_in_s(self) -> float:
        """Return how long the charger still needs for the last set-point."""
        return self._guard.opens_in_s(self._clock())

    @property
    def has_work(self) -> bool:
        """Return whether something is to be written now or soon."""
        if self.is_lost:
            return self._retake.may_take(self._clock())
        return self._must_stop or not self._is_held(self.wanted_a)

    def _is_held(self, wanted_a: int | None) -> bool:
        if wanted_a is None:
            return True
        if self._is_unsure:
            return False
        if wanted_a != self.commanded_a:
            return self.commanded_a is None and wanted_a == 0 and self._shows(0)
        if not self._asked_again:
            return not self._is_to_begin_again(wanted_a)
        readout = self._readout
        if readout is None or self.commanded_at is None:
            return True
        # A full vehicle stays off; starting it at each renewal would wear its contactors.
        too_early = readout.at <= self.commanded_at or readout.at < self._retry_at
        return too_early or self._shows(wanted_a)

    def _is_to_begin_again(self, wanted_a: int) -> bool:
        """Return whether it ended by itself, a while ago, and neither battery nor vehicle are against it."""
        readout, ended_at = self._readout, self._ended_at
        if readout is None or ended_at is None or wanted_a == 0 or self.is_probing:
            return False
        is_time = readout.at >= max(ended_at + _RETRY_FIRST_S, self._retry_at)
        return is_time and self._may_begin and self._retries_left > 0

    def _shows(self, current_a: int) -> bool:
        """Return whether the last reading says that the charger does this."""
        readout = self._readout
        if readout is None or not readout.control.is_remote:
            return False
        if not readout.holds(current_a):
            return False
        state = readout.measured.state
        if current_a == 0:
            return state in _IDLE_STATES
        flows = ChargerState.CHARGING if current_a > 0 else ChargerState.DISCHARGING
        return state == flows

    # What is heard

    def observe(self, readout: Readout) -> None:
        """Take note of a reading."""
        before, self._readout = self._readout, readout
        self.remote.observe(readout.control)
        self._observe_flow(readout)
        had_vehicle = before is not None and before.measured.vehicle_connected
        if had_vehicle and readout.measured.vehicle_connected is False:
            self._vehicle_left()
        if self._is_stop_refused and self._shows(0):
            # Only the word was refused: the set-point of 0 was taken, and nothing flows.
            self.commanded_a, self.commanded_at = 0, readout.at
            self._is_stop_refused = self._must_stop = False

    def _observe_flow(self, readout: Readout) -> None:
        """Note whether what was sent is served, or since when it has ended; be patient again with what lasted."""
        commanded_a, commanded_at = self.commanded_a, self.commanded_at
        if not commanded_a or not readout.control.is_remote:
            self._ended_at = None
            return
        has_ended = readout.measured.state in _ENDED_STATES and readout.holds(
            commanded_a
        )
        if not has_ended:
            self._ended_at = None
        elif self._ended_at is None:
            self._ended_at = readout.at
        if self._shows(commanded_a):
            self._asked_again = False
            if commanded_at is None or readout.at - commanded_at >= _RETRY_LONGEST_S:
                self._be_patient_anew()

    def _be_patient_anew(self) -> None:
        self._retry_s = _RETRY_FIRST_S
        self._retries_left = _RETRIES

    def adopt(self, readout: Readout) -> None:
        """Go on with what the charger does on our behalf from before."""
        flows = readout.measured.state in FLOW_STATES
        if readout.control.is_remote and flows:
            self.wish_a = self.commanded_a = round(readout.setpoint_a)

    def was_away(self) -> None:
        """Take note that the charger was not heard for so long that it may have stopped by itself."""
        self._is_unsure = self.commanded_a is not None
        self._guard.forget()

    def _vehicle_left(self) -> None:
        self.is_probing = False
        self._must_stop = True
        self._be_patient_anew()
        # The state of charge of the next vehicle is not known, so no discharge waits for it.
        if self.wish_a is not None and self.wish_a < 0:
            self.wish_a = 0

    def enforce(self, rules: LevelRules, level_percent: int | None) -> Barrier | None:
        """End what the state of charge no longer allows; return why."""
        flowing_a: float | None = self.wanted_a
        if flowing_a is None and self._readout is not None:
            flows = self._readout.measured.state in FLOW_STATES
            flowing_a = self._readout.setpoint_a if flows else 0
        barrier = rules.barrier(flowing_a or 0, level_percent, is_flowing=True)
        if barrier is not None:
            self.is_probing = False
            self._must_stop = True
            self.wish_a = 0
        self._note_what_may_begin(rules, level_percent)
        return barrier

    def _note_what_may_begin(
        self, rules: LevelRules, level_percent: int | None
    ) -> None:
        wanted_a = self.wanted_a or 0
        is_full = wanted_a > 0 and (level_percent or 0) >= _FULL_PERCENT
        barrier = rules.barrier(wanted_a, level_percent, is_flowing=False)
        self._may_begin = barrier is None and not is_full

    # What is done

    def wish(
        self, current_a: int, rules: LevelRules, level_percent: int | None
    ) -> None:
        """Want something else from now on. Raises `Rejected` where the battery forbids it."""
        self._check(current_a, rules, level_percent)
        self.is_probing = False
        if current_a != self.wish_a:
            self._be_patient_anew()
        self.wish_a = current_a
        self._asked_again = True

    def check_start(self, rules: LevelRules, level_percent: int | None) -> None:
        """Raise `Rejected` where there is no wish to let flow, or the battery forbids it."""
        if not (self.is_held_back or self.wish_a):
            raise Rejected("no current is set: set a current first")
        # What is held back does not flow, so it would begin anew.
        self._check(self.wish_a or 0, rules, level_percent)

    def _check(
        self, current_a: int, rules: LevelRules, level_percent: int | None
    ) -> None:
        goes_on = current_a * (self.wanted_a or 0) > 0
        barrier = rules.barrier(current_a, level_percent, is_flowing=goes_on)
        if barrier is not None:
            raise Rejected(BARRIER_TEXTS[barrier])

    def hold_back(self, held_back: bool) -> None:
        """Stop for a person, or let the wish flow again."""
        self.is_held_back = held_back
        self.is_probing = False
        self._must_stop = held_back
        if self.wish_a is None:
            self.wish_a = 0

    def probe(self) -> None:
        """Let the smallest current flow until the vehicle says its state of charge."""
        self.is_probing = True
        if self.wish_a is None:
            self.wish_a = 0

    async def apply(self) -> None:
        """Bring the charger one write nearer to what is wanted. Raises `ChargerError`."""
        now = self._clock()
        if self.is_lost:
            if not self._retake.may_take(now):
                raise Rejected("the vendor's app is in control")
            await self.take()
        wanted_a = self.wanted_a
        if self._must_stop:
            await self._send(0, now)
            return
        if wanted_a is None or self._is_held(wanted_a):
            return
        admitted_a = self._guard.admits(wanted_a, now)
        if admitted_a is not None:
            await self._send(admitted_a, now)

    async def take(self) -> None:
        """Take control, or take it back. Raises `ChargerError`."""
        now = self._clock()
        self._retake.taken(now)
        await self.remote.take()
        self._taken_at = now
        self._guard.forget()
        # What stood there was for somebody else: the present wish is written anew.
        self._is_unsure = self.commanded_a is not None

    async def _send(self, current_a: int, now: float) -> None:
        before = (self.commanded_a, self.commanded_at)
        if current_a == self.commanded_a and not (self._asked_again or self._is_unsure):
            self._retries_left -= 1
        self._retry_at = now + self._retry_s
        self._retry_s = min(2 * self._retry_s, _RETRY_LONGEST_S)
        starts = current_a != 0 and not self._flows_towards(current_a)
        self.commanded_a, self.commanded_at = current_a, now
        self._asked_again = False
        self._is_unsure = True
        self._guard.sent(current_a, now, starts=starts)
        try:
            await self._write(current_a)
        except Refused:
            # It was heard and not taken: the charger still does what it did.
            self.commanded_a, self.commanded_at = before
            self._is_unsure = False
            if current_a == 0:
                # Wanted all the same, and by nobody to go on: it is tried until it is taken or shows.
                self._is_stop_refused = True
            else:
                self.wish_a = 0 if self._is_stop_refused else self.commanded_a
                self._must_stop = False
            raise
        self._is_unsure = self._must_stop = self._is_stop_refused = False

    async def _write(self, current_a: int) -> None:
        if current_a == 0:
            await self.remote.stop()
        else:
            voltage_v = self._readout.voltage_v if self._readout else math.nan
            await self.remote.steer(current_a, voltage_v=voltage_v)

    def _flows_towards(self, current_a: int) -> bool:
        """Return whether current flows already, so that a step is no start."""
        if self._readout is None or not self.commanded_a:
            return False
        return self._readout.measured.state in FLOW_STATES

    def begin(self) -> None:
        """Forget what was seen while the charger was not ours."""
        self._must_stop = self._is_stop_refused = self._is_unsure = False

    async def stop_now(self) -> None:
        """Want nothing, and write it whatever the charger seems to do. Raises `ChargerError`."""
        self.wish_a = 0
        self.is_probing = False
        await self._send(0, self._clock())

    async def release(self) -> None:
        """Stop and give control back. Raises `ChargerError`."""
        self.wish_a = None
        self.is_probing = self._must_stop = self._is_unsure = False
        try:
            await self.remote.release()
        except ChargerError:
            self.wish_a = 0
            raise
        self.commanded_a = self.commanded_at = self._taken_at = None
        self._guard.forget()
