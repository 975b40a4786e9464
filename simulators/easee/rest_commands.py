"""Take commands and settings, and send them to the chargers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .charger import SimCharger
from .limits import CHARGER_DEFAULT_A, Phases
from .plant import SimCircuit
from .rest_base import Routes, refused, unreachable

if TYPE_CHECKING:
    from .cloud import EaseeSimulator

COMMAND_IDS = {
    "start_charging": 25,
    "stop_charging": 26,
    "pause_charging": 48,
    "resume_charging": 48,
    "toggle_charging": 48,
    "override_schedule": 63,
    "reboot": 1,
    "update_firmware": 4,
    "lock_state": 30,
    "set_dynamic_charger_current": 48,
    "poll_lifetimeenergy": 9,
    "poll_chargeropmode": 10,
    "smart_charging": 11,
}
NEEDS_CAR = frozenset({"pause_charging", "resume_charging"})
SETTING_IDS = {"enabled": 29, "maxChargerCurrent": 47, "dynamicChargerCurrent": 48}
RANGES: dict[str, tuple[float, float]] = {
    "ledStripBrightness": (0, 100),
    "phaseMode": (1, 3),
    "offlineChargingMode": (0, 2),
    "maxChargerCurrent": (0, 32),
    "dynamicChargerCurrent": (0, 32),
}
CIRCUIT_FIELDS = {
    "dynamicCircuitCurrent": ("dynamic_a", 22),
    "maxCircuitCurrent": ("maximum_a", 24),
    "offlineMaxCircuitCurrent": ("offline_a", 21),
}


class CommandRoutes(Routes):
    """Serve everything that changes a charger or a circuit."""

    def install(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        charger = "/api/chargers/{charger}"
        circuit = "/api/sites/{site}/circuits/{circuit}"
        router.add_post(f"{charger}/commands/{{command}}", self._command)
        router.add_post(f"{charger}/settings", self._settings)
        router.add_post(f"{circuit}/settings", self._circuit_settings)
        router.add_post(f"{circuit}/dynamicCurrent", self._dynamic)

    async def _command(self, request: web.Request) -> web.Response:
        charger = self.charger(request)
        command = request.match_info["command"]
        number = COMMAND_IDS.get(command)
        if number is None:
            raise web.HTTPNotFound
        body = await request.json() if request.can_read_body else {}
        if not charger.is_online:
            return unreachable()
        if command in NEEDS_CAR and charger.car is None:
            return refused(
                400,
                "Charger is disconnected",
                errorCode=410,
                errorCodeName="ChargerDisconnected",
            )
        if command == "set_dynamic_charger_current" and not isinstance(
            body.get("amps"), int
        ):
            return refused(400, "Invalid request")
        self.remember(request, body, persistent=command == "lock_state")
        act = _action(self.cloud, self.circuit_of(charger), charger, command, body)
        return web.json_response(
            self.cloud.send_command(charger, number, act), status=202
        )

    async def _settings(self, request: web.Request) -> web.Response:
        charger, body = self.charger(request), await request.json()
        for key, value in body.items():
            low, high = RANGES.get(key, (0, 1))
            is_known = key == "dynamicChargerCurrent" or hasattr(charger.settings, key)
            if not is_known or not low <= value <= high:
                return refused(400, "Invalid request")
        if not charger.is_online:
            return unreachable()
        self.remember(request, body, persistent=set(body) != {"dynamicChargerCurrent"})
        receipts = []
        for key, value in body.items():
            volatile = key == "dynamicChargerCurrent"
            target: Any = charger if volatile else charger.settings
            name = "dynamic_a" if volatile else key
            if getattr(target, name) != value:
                act = _setter(target, name, value)
                number = SETTING_IDS.get(key, 99)
                receipts.append(self.cloud.send_command(charger, number, act))
        return web.json_response(receipts, status=202 if receipts else 200)

    async def _dynamic(self, request: web.Request) -> web.Response:
        circuit, body = self.circuit(request), await request.json()
        if circuit.master is None or set(body) != {
            "phase1",
            "phase2",
            "phase3",
            "timeToLive",
        }:
            return refused(400, "Invalid request")
        if not circuit.master.is_online:
            return unreachable()
        self.remember(request, body, persistent=False)
        current_a = (body["phase1"], body["phase2"], body["phase3"])
        minutes = body["timeToLive"]
        act = self._dynamic_setter(circuit, current_a, minutes)
        return web.json_response(
            self.cloud.send_command(circuit.master, 22, act), status=202
        )

    def _dynamic_setter(
        self, circuit: SimCircuit, current_a: Phases, minutes: int
    ) -> Callable[[], None]:
        ends_at_s = self.cloud.clock.now() + 60 * minutes if minutes else None
        return lambda: circuit.set_dynamic(current_a, ends_at_s)

    async def _circuit_settings(self, request: web.Request) -> web.Response:
        circuit, body = self.circuit(request), await request.json()
        if circuit.master is None or not circuit.master.is_online:
            return unreachable()
        names = {key[:-2] for key in body}
        if not names <= set(CIRCUIT_FIELDS):
            return refused(400, "Invalid request")
        self.remember(request, body, persistent=names != {"dynamicCircuitCurrent"})
        for name in names:
            field, number = CIRCUIT_FIELDS[name]
            old_a: Phases = getattr(circuit, field)
            first, second, third = (
                float(int(body.get(f"{name}P{phase}", old)))
                for phase, old in enumerate(old_a, 1)
            )
            act = _setter(circuit, field, (first, second, third))
            self.cloud.send_command(circuit.master, number, act)
        return web.json_response(None)


def _setter(target: object, name: str, value: object) -> Callable[[], None]:
    """Return an action that sets one attribute."""
    return lambda: setattr(target, name, value)


def _action(
    cloud: EaseeSimulator,
    circuit: SimCircuit,
    charger: SimCharger,
    command: str,
    body: dict[str, Any],
) -> Callable[[], None]:
    """Return what a command does when it arrives."""
    settings, observed = charger.settings, charger.observed

    def toggle() -> None:
        if settings.authorizationRequired:
            charger.is_authorized = not charger.is_authorized
        else:
            charger.dynamic_a = 0.0 if charger.dynamic_a else CHARGER_DEFAULT_A

    actions: dict[str, Callable[[], None]] = {
        "start_charging": _setter(
            charger, "is_authorized", settings.authorizationRequired
        ),
        "stop_charging": _setter(charger, "is_authorized", value=False),
        "pause_charging": _setter(charger, "dynamic_a", 0.0),
        "resume_charging": _setter(charger, "dynamic_a", CHARGER_DEFAULT_A),
        "toggle_charging": toggle,
        "override_schedule": _setter(charger.plans, "is_overridden", value=True),
        "reboot": lambda: circuit.reboot(charger, cloud.clock.now()),
        "update_firmware": _setter(charger, "firmware", charger.latest_firmware),
        "lock_state": _setter(settings, "lockCablePermanently", body.get("state")),
        "set_dynamic_charger_current": _setter(
            charger, "dynamic_a", float(body.get("amps", 0))
        ),
        "poll_lifetimeenergy": lambda: observed.send(
            124, round(charger.lifetime_kwh, 1)
        ),
        "poll_chargeropmode": lambda: observed.send(109, charger.mode),
        "smart_charging": _setter(settings, "smartCharging", value=True),
    }
    return actions[command]
