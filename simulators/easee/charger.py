"""Model one charger that hangs below the cloud."""

from dataclasses import dataclass, field
import json

from simulators.world import Car, PhaseAmps
from simulators.world.car import VOLTAGE_V, Offer

from .limits import CHARGER_DEFAULT_A, MINIMUM_A, Effective, Link
from .observations import Observed
from .plans import Plans

CABLE_A = 32.0
TAG = "04A1B2C3D4"


@dataclass(kw_only=True)
class Settings:
    """Hold what is kept in flash, under the names of the settings endpoint."""

    enabled: bool = True
    enableIdleCurrent: bool = False  # noqa: N815 - the wire's own name
    limitToSinglePhaseCharging: bool = False  # noqa: N815 - the wire's own name
    lockCablePermanently: bool = False  # noqa: N815 - the wire's own name
    smartButtonEnabled: bool = False  # noqa: N815 - the wire's own name
    phaseMode: int = 2  # noqa: N815 - the wire's own name
    smartCharging: bool = False  # noqa: N815 - the wire's own name
    localPreAuthorizeEnabled: bool = False  # noqa: N815 - the wire's own name
    localAuthorizeOfflineEnabled: bool = False  # noqa: N815 - the wire's own name
    allowOfflineTxForUnknownId: bool = False  # noqa: N815 - the wire's own name
    offlineChargingMode: int = 0  # noqa: N815 - the wire's own name
    authorizationRequired: bool = False  # noqa: N815 - the wire's own name
    remoteStartRequired: bool = False  # noqa: N815 - the wire's own name
    ledStripBrightness: int = 100  # noqa: N815 - the wire's own name
    maxChargerCurrent: float = 32.0  # noqa: N815 - the wire's own name


@dataclass(kw_only=True, eq=False)
class SimCharger:
    """Be one charger on a circuit."""

    id: str
    name: str
    observed: Observed
    product_code: int = 1
    wired_phases: int = 3
    grid_type: int = 1
    settings: Settings = field(default_factory=Settings)
    plans: Plans = field(default_factory=Plans)
    dynamic_a: float = CHARGER_DEFAULT_A
    car: Car | None = None
    is_authorized: bool = False
    is_online: bool = True
    shows_waiting_as_mode_2: bool = False
    firmware: int = 340
    latest_firmware: int = 340
    lifetime_kwh: float = 1234.5
    session_kwh: float = 0.0
    offered_a: float = 0.0
    mode: int = 1
    reason: int = 50
    drawn_a: PhaseAmps = (0.0, 0.0, 0.0)
    back_at_s: float | None = None
    _last_s: float | None = None

    def wants_current(self, epoch_s: float) -> bool:
        """Return whether it asks its circuit for current."""
        return (
            self.is_online
            and self.car is not None
            and not self.car.is_full
            and self._held_back(epoch_s) is None
        )

    def plug_in(self, car: Car, now_s: float) -> None:
        """Take a car; this resets the dynamic charger limit."""
        self.car = car
        car.plug_in(now_s)
        self.is_authorized = False
        self.dynamic_a = CHARGER_DEFAULT_A
        self.session_kwh = 0.0

    def unplug(self) -> None:
        """Let the car go, and report the session with the tag of whoever charged."""
        if self.session_kwh > 0:
            session = {
                "Id": 1,
                "EnergyKwh": round(self.session_kwh, 3),
                "MeterValueStop": round(self.lifetime_kwh, 3),
                "Auth": TAG,
                "AuthReason": 0,
            }
            self.observed.send(129, json.dumps(session))
        if self.car is not None:
            self.car.unplug()
        self.car = None
        self.drawn_a = (0.0, 0.0, 0.0)
        self.plans.is_overridden = False

    def links(self, epoch_s: float) -> list[Link]:
        """Return the charger's own limits."""
        links = [
            Link(current_a=self.dynamic_a, blocked_code=52, limited_code=78),
            Link(
                current_a=self.settings.maxChargerCurrent,
                blocked_code=51,
                limited_code=77,
            ),
            Link(current_a=CABLE_A, blocked_code=75, limited_code=75),
        ]
        planned_a = self.plans.limit_a(epoch_s)
        if planned_a is not None:
            links.append(Link(current_a=planned_a, blocked_code=54, limited_code=76))
        return links

    def step(self, now_s: float, epoch_s: float, effective: Effective) -> None:
        """Live until now with what the circuit and the own limits leave."""
        self._count_energy(now_s)
        blocked = self._held_back(epoch_s)
        self.offered_a = 0.0 if blocked is not None else effective.current_a
        if self.car is not None:
            self.car.step(now_s, Offer(self.offered_a, effective.phases))
            self.drawn_a = self.car.drawn_a
        self.reason = effective.code if blocked is None else blocked
        self.mode = self._mode(effective, blocked)
        if self.is_online:
            self._report(effective)

    def _held_back(self, epoch_s: float) -> int | None:
        """Return the code of what holds the charge back, beside the limits."""
        if self.car is None:
            return 50
        if not self.settings.enabled:
            return 53
        if self.settings.authorizationRequired and not self.is_authorized:
            return 55
        return None

    def _mode(self, effective: Effective, blocked: int | None) -> int:
        if self.car is None:
            return 1
        if blocked == 55 and not self.shows_waiting_as_mode_2:
            return 7
        if blocked is not None or effective.current_a < MINIMUM_A:
            return 2
        if self.car.is_full:
            return 4
        return 3 if self.car.is_drawing else 6

    def _count_energy(self, now_s: float) -> None:
        if self._last_s is not None:
            hours = (now_s - self._last_s) / 3600
            energy_kwh = sum(self.drawn_a) * VOLTAGE_V / 1000 * hours
            self.lifetime_kwh += energy_kwh
            self.session_kwh += energy_kwh
        self._last_s = now_s

    def _report(self, effective: Effective) -> None:
        report = self.observed.report
        report(109, self.mode)
        report(48, self.dynamic_a)
        report(96, self.reason)
        report(114, self.offered_a)
        is_charging = self.mode == 3
        report(110, {1: 10, 3: 30}[effective.phases] if is_charging else 0)
        report(103, self.car is not None)
        report(100, {1: "A", 3: "C"}.get(self.mode, "B"))
        report(120, round(sum(self.drawn_a) * VOLTAGE_V / 1000, 2))
        report(121, round(self.session_kwh, 2))
        report(124, round(self.lifetime_kwh, 1))
        for number, current_a in zip((183, 184, 185), self.drawn_a, strict=True):
            report(number, round(current_a, 2))
        report_settings(self)
        report(250, self.is_online)


def report_settings(charger: SimCharger) -> None:
    """Report the settings, which change seldom."""
    settings, report = charger.settings, charger.observed.report
    waits = charger.reason == 55
    report(21, charger.grid_type)
    report(30, settings.lockCablePermanently)
    report(31, settings.enabled)
    report(37, settings.enableIdleCurrent)
    report(38, settings.phaseMode)
    report(40, settings.ledStripBrightness)
    report(42, settings.authorizationRequired)
    report(44, settings.smartButtonEnabled)
    report(45, settings.offlineChargingMode)
    report(46, 25 if waits else 24 if charger.mode == 3 else 23)
    report(47, settings.maxChargerCurrent)
    report(80, charger.firmware)
    report(102, settings.smartCharging)
    report(104, 20000)
    report(116, False)
    report(132, -55)
    report(141, 1)
    report(150, 31)
    for number in (194, 195, 196)[: charger.wired_phases]:
        report(number, VOLTAGE_V)
