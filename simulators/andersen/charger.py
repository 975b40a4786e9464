"""Be an A2 on its post: lock, schedule, car, and a cloud that hears of them late."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from simulators.world import Car, PhaseAmps
from simulators.world.car import VOLTAGE_V, Offer

from .faults import Fault
from .session import ChargeSession
from .slots import SLOT_COUNT, Slots

LOCAL_ZONE = ZoneInfo("Europe/London")
STEP_S = 5.0
"""Longest step in which a charger is moved: five seconds hide nothing from a 90 s report."""

type Report = dict[str, Any]


@dataclass(kw_only=True, slots=True)
class Queued:
    """Be a command on its way to the charger."""

    apply_at_s: float
    run: Callable[[], None]


class SimulatedCharger:
    """Live by the clock; what the cloud shows is the last report."""

    def __init__(
        self,
        *,
        name: str,
        now_s: float,
        wall: Callable[[float], datetime],
        faults: set[str],
        current_a: float = 32.0,
        phases: int = 1,
        report_period_s: float = 90.0,
        command_latency_s: float = 40.0,
        has_solar: bool = False,
    ) -> None:
        """Stand unlocked, without a car, with five disabled windows."""
        self.device_id = f"e00fce68{uuid4().hex[:16]}"
        self.serial = name
        self.friendly_name: str | None = "Drive"
        self.schedule_names: list[str | None] = [None] * SLOT_COUNT
        self.currency: str | None = "GBP"
        self.product: tuple[str | None, str | None] = ("30", "Thurlestone")
        self.faults = faults
        self.current_a = current_a
        self.phases = phases
        self.report_period_s = report_period_s
        self.command_latency_s = command_latency_s
        self.has_solar = has_solar
        self.user_lock = False
        self.slots = Slots()
        self.solar: dict[str, Any] = {
            "maxGridChargePercent": 100,
            "chargeAlways": True,
            "override": False,
        }
        self.grid_power_kw = 0.4
        self.solar_power_kw = 1.2
        self.car: Car | None = None
        self.session: ChargeSession | None = None
        self.logs: list[dict[str, Any]] = []
        self.observers: list[Callable[[], None]] = []
        self.listeners: list[Callable[[Report], None]] = []
        self.maximum_a = 0.0
        self._wall = wall
        self._now_s = now_s
        self._queue: list[Queued] = []
        self._sequence = 0
        self._rcm_cleared = False
        self.report: Report = {}
        self._next_report_s = now_s
        self._publish()

    @property
    def is_online(self) -> bool:
        """Whether the cloud hears it."""
        return Fault.OFFLINE not in self.faults

    @property
    def schedule_lock(self) -> bool:
        """Whether it is outside all enabled windows."""
        return self.slots.blocks(self._wall(self._now_s).astimezone(LOCAL_ZONE))

    @property
    def is_locked(self) -> bool:
        """Whether person or schedule forbids to charge."""
        return self.user_lock or self.schedule_lock

    @property
    def measured_currents_a(self) -> PhaseAmps:
        """Amperes on its own L1, L2, L3."""
        return self.car.drawn_a if self.car is not None else (0.0, 0.0, 0.0)

    @property
    def power_w(self) -> float:
        """What the car takes now."""
        return sum(self.measured_currents_a) * VOLTAGE_V

    def on_step(self, observer: Callable[[], None]) -> None:
        """Call the observer whenever the charger has moved on in time."""
        self.observers.append(observer)

    def plug_in(self, car: Car) -> None:
        """Put the cable into a car."""
        self.car = car
        car.plug_in(self._now_s)

    def unplug(self) -> None:
        """Take the cable out."""
        self._end_session()
        if self.car is not None:
            self.car.unplug()
        self.car = None

    def take(self, run: Callable[[], None]) -> None:
        """Put a command on its way; offline it waits in the cloud."""
        if Fault.IGNORES_COMMANDS in self.faults:
            return
        apply_at_s = self._now_s + self.command_latency_s
        self._queue.append(Queued(apply_at_s=apply_at_s, run=run))

    def run_function(self, name: str) -> None:
        """Do what `runAEVCommand` asks, as the charger does when it hears it."""
        if name == "userLock":
            self.user_lock = True
        elif name == "userUnlock":
            self.user_lock = False
        elif name == "rcmReset":
            self._rcm_cleared = True
            self.faults.discard(Fault.RCM_TRIP)

    def catch_up(self, now_s: float) -> None:
        """Live until now, in steps."""
        while self._now_s < now_s:
            self._now_s = min(now_s, self._now_s + STEP_S)
            self._step()
        for observe in self.observers:
            observe()

    def _step(self) -> None:
        if self.is_online:
            due = [q for q in self._queue if q.apply_at_s <= self._now_s]
            self._queue = [q for q in self._queue if q.apply_at_s > self._now_s]
            for queued in due:
                queued.run()
        if self.car is not None:
            offered_a = 0.0 if self.is_locked else self.current_a
            self.car.step(self._now_s, Offer(offered_a, self.phases))
        self._charge()
        if self._now_s >= self._next_report_s:
            self._next_report_s = self._now_s + self.report_period_s
            if self.is_online:
                self._publish()

    def _charge(self) -> None:
        """Begin, continue or end a charge cycle: each is a session of its own."""
        self.maximum_a = max(self.maximum_a, *self.measured_currents_a)
        if self.power_w <= 0:
            self._end_session()
            return
        if self.session is None or not self.session.is_open:
            self.session = ChargeSession(self._now_s, self._wall(self._now_s))
        self.session.add(self._now_s, self.power_w)

    def _end_session(self) -> None:
        if self.session is not None and self.session.is_open:
            self.session.close()
            self.logs.insert(0, self.session.as_log(self.device_id))

    def evse_state(self) -> int | str | None:
        """Return the state code; locked hides the plug."""
        if Fault.EVSE_UNKNOWN in self.faults:
            return 77
        state = 1
        if Fault.EVSE_FAULT in self.faults:
            state = 4
        elif self.is_locked:
            state = 255
        elif self.car is not None:
            state = 3 if self.power_w > 0 else 2
        return str(state) if Fault.EVSE_TEXT in self.faults else state

    def _publish(self) -> None:
        """Tell the cloud; everybody who listens hears of it."""
        self._sequence += 1
        self.report = self._report()
        for listener in tuple(self.listeners):
            listener(self.report)

    def publish(self) -> None:
        """Report out of turn."""
        self._publish()

    def _report(self) -> Report:
        first_a, second_a, third_a = self.measured_currents_a
        power_kw = self.power_w / 1000
        return {
            **self._identity(),
            "lastEvent": self._wall(self._now_s).isoformat(),
            "lastEventAge": 0.0,
            "sysTime": str(int(self._wall(self._now_s).timestamp())),
            "sysRuntime": self._now_s,
            "evseState": self.evse_state(),
            "sysChargingEnabled": not self.is_locked,
            "sysUserLock": self.user_lock,
            "sysScheduleLock": self.schedule_lock,
            "sysSchEnabled": self.slots.is_enabled,
            "sysRssi": -69,
            "sysSSID": "home network",
            "sysLan": "192.168.1.23",
            "sysTemperature": 31.5,
            "sysFaultCode": 6 if Fault.RCM_TRIP in self.faults else 0,
            "sysRcmUserCleared": self._rcm_cleared,
            "evseChargeAmpCurrentLimit": self.current_a,
            "cfgChargeAmpMax": int(self.current_a),
            "cfgChargeAmpMin": 6,
            "cfgCTConfig": 1,
            "sysVoltageA": 230.0 if self.phases == 3 else None,
            "sysVoltageB": 230.0 if self.phases == 3 else None,
            "sysVoltageC": 231.0,
            "sysAmpA": second_a if self.phases == 3 else None,
            "sysAmpB": third_a if self.phases == 3 else None,
            "sysAmpC": first_a,
            "sysChargePower": power_kw,
            "sysGridPower": self.grid_power_kw if self.has_solar else None,
            "sysSolarPower": self.solar_power_kw if self.has_solar else None,
            "sysGridCT": self.has_solar,
            "sysSolarCT": self.has_solar,
            "solarMaxGridChargePercent": self.solar["maxGridChargePercent"],
            "solarChargeAlways": self.solar["chargeAlways"],
            "solarOverride": self.solar["override"],
            "chargeStatus": self._charge_status(),
            "scheduleSlotsArray": self.slots.wire(),
        }

    def _identity(self) -> Report:
        return {
            "id": self.device_id,
            "konnectSerial": self.serial,
            "sysFwVersion": 287,
            "evseFwVersion": "5.8",
            "sysProductId": self.product[0],
            "sysProductName": self.product[1],
            "sysHwVersion": "2",
        }

    def _charge_status(self) -> Report:
        if self.session is None:
            return {"chargeEnergyTotal": 0.0, "chargePower": 0.0, "duration": 0}
        in_kw = Fault.POWER_IN_KW in self.faults
        power = self.power_w / 1000 if in_kw else self.power_w
        return {**self.session.as_status(), "chargePower": power}
