"""Steer simulators from outside: faults, cars, clock and the record, over HTTP and JSON.

Any simulator that has the shape of `Controlled` can be mounted. The port listens on loopback
only, asks for no password, and is no part of any simulated wire.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from aiohttp import web

from .world import (
    CarSpec,
    Clock,
    Cloud,
    FollowsClock,
    LoadStep,
    RealClock,
    SharedSupply,
)
from .world.clock import steps

HOST = "127.0.0.1"
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Controlled(FollowsClock, Protocol):
    """Be a simulated device that can be steered by name."""

    @property
    def name(self) -> str:
        """The name in the paths of the control port."""

    @property
    def address(self) -> str:
        """Where the device itself is reached."""

    def fault_names(self) -> Mapping[str, bool]:
        """Return every fault with whether it is on."""

    def switch_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault; raise ValueError for an unknown name."""

    def plug(self, car: CarSpec) -> object:
        """Plug a car in, in place of another one; raise ValueError if that cannot be."""

    def unplug(self) -> None:
        """Take the car away."""

    def told(self) -> list[dict[str, Any]]:
        """Return what was written over the wire, with times, oldest first."""

    def world(self) -> dict[str, Any]:
        """Return how things really are, whatever the wire says."""

    async def flush(self) -> None:
        """Let clients of the device see at once what was changed."""


class ControlServer:
    """Offer devices, clock and supply on one loopback port."""

    def __init__(
        self,
        clock: Clock,
        devices: Iterable[Controlled],
        *,
        supply: SharedSupply | None = None,
        port: int = 0,
    ) -> None:
        """Prepare; nothing listens yet."""
        self._clock = clock
        self._devices = {device.name: device for device in devices}
        self._supply = supply
        self.port = port
        app = web.Application(middlewares=[_errors_as_json])
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)

    def _routes(self) -> list[web.RouteDef]:
        """Return the table of paths."""
        return [
            web.get("/", self._overview),
            web.get("/clock", self._show_clock),
            web.put("/clock", self._set_speed),
            web.post("/clock/advance", self._advance),
            web.get("/supply", self._show_supply),
            web.post("/supply/forget", self._forget_supply),
            web.post("/supply/loads", self._add_load),
            web.delete("/supply/loads/{load}", self._remove_load),
            web.post("/supply/clouds", self._add_cloud),
            web.delete("/supply/clouds", self._clear_sky),
            web.get("/devices/{name}", self._show_device),
            web.get("/devices/{name}/writes", self._show_writes),
            web.get("/devices/{name}/faults", self._show_faults),
            web.delete("/devices/{name}/faults", self._clear_faults),
            web.put("/devices/{name}/faults/{fault}", self._fault_on),
            web.delete("/devices/{name}/faults/{fault}", self._fault_off),
            web.put("/devices/{name}/car", self._plug),
            web.delete("/devices/{name}/car", self._unplug),
        ]

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The origin, without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    # Everything

    async def _overview(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "clock": self._time(),
                "devices": [
                    {
                        "name": device.name,
                        "address": device.address,
                        "faults": _switched_on(device),
                    }
                    for device in self._devices.values()
                ],
                "supply": self._record(),
            }
        )

    # The clock

    def _time(self) -> dict[str, Any]:
        """Return time and speed; a manual clock has none."""
        speed = self._clock.speed if isinstance(self._clock, RealClock) else 0
        return {"now_s": self._clock.now(), "speed": speed}

    async def _show_clock(self, request: web.Request) -> web.Response:
        return web.json_response(self._time())

    async def _set_speed(self, request: web.Request) -> web.Response:
        speed = _number(await request.json(), "speed")
        match self._clock:
            case RealClock() as clock:
                clock.speed = speed
            case _:
                msg = "a manual clock has no speed"
                raise ValueError(msg)
        return web.json_response(self._time())

    async def _advance(self, request: web.Request) -> web.Response:
        seconds = _number(await request.json(), "seconds")
        if seconds < 0:
            msg = "time only moves forward"
            raise ValueError(msg)
        for step_s in steps(seconds):
            self._clock.advance(step_s)
            for device in self._devices.values():
                await device.catch_up()
        for device in self._devices.values():
            await device.flush()
        return web.json_response(self._time())

    # The supply

    def _record(self) -> dict[str, Any] | None:
        """Return what flows through the fuse, and the worst that did."""
        supply = self._supply
        if supply is None:
            return None
        return {
            "currents_a": supply.currents_a,
            "chargers_a": supply.chargers_a,
            "solar_a": supply.house.solar_a(self._clock.now()),
            "maximum_a": supply.maximum_a,
            "exported_maximum_a": supply.exported_maximum_a,
            "chargers_maximum_a": supply.chargers_maximum_a,
            "ampere_seconds_above": supply.ampere_seconds_above,
        }

    def _known_supply(self) -> SharedSupply:
        """Return the supply; raise LookupError if there is none."""
        if self._supply is None:
            msg = "there is no shared supply"
            raise LookupError(msg)
        return self._supply

    async def _show_supply(self, request: web.Request) -> web.Response:
        self._known_supply()
        return web.json_response(self._record())

    async def _forget_supply(self, request: web.Request) -> web.Response:
        self._known_supply().forget()
        return web.json_response(self._record())

    async def _add_load(self, request: web.Request) -> web.Response:
        body = await request.json()
        supply = self._known_supply()
        first_a, second_a, third_a = (float(value) for value in body["current_a"])
        start_s = self._clock.now()
        lasts_s = float(body.get("seconds", "inf"))
        load = LoadStep(
            name=str(body["name"]),
            current_a=(first_a, second_a, third_a),
            start_s=start_s,
            end_s=start_s + lasts_s,
        )
        supply.house.switch_on(load)
        supply.record()
        return web.json_response(self._record())

    async def _remove_load(self, request: web.Request) -> web.Response:
        supply = self._known_supply()
        supply.house.remove(request.match_info["load"])
        supply.record()
        return web.json_response(self._record())

    async def _add_cloud(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        supply = self._known_supply()
        start_s = self._clock.now()
        end_s = start_s + float(body.get("seconds", "inf"))
        supply.house.cover(
            Cloud(start_s=start_s, end_s=end_s, passes=float(body.get("passes", "0.2")))
        )
        supply.record()
        return web.json_response(self._record())

    async def _clear_sky(self, request: web.Request) -> web.Response:
        supply = self._known_supply()
        supply.house.clear_sky()
        supply.record()
        return web.json_response(self._record())

    # One device

    def _device(self, request: web.Request) -> Controlled:
        """Return the device of a path; raise LookupError if there is none."""
        name = request.match_info["name"]
        if name not in self._devices:
            msg = f"there is no device {name}"
            raise LookupError(msg)
        return self._devices[name]

    async def _show_device(self, request: web.Request) -> web.Response:
        return web.json_response(self._device(request).world())

    async def _show_writes(self, request: web.Request) -> web.Response:
        return web.json_response(self._device(request).told())

    async def _show_faults(self, request: web.Request) -> web.Response:
        return web.json_response(dict(self._device(request).fault_names()))

    async def _clear_faults(self, request: web.Request) -> web.Response:
        device = self._device(request)
        for name in _switched_on(device):
            device.switch_fault(name, on=False)
        return await _faults_after(device)

    async def _fault_on(self, request: web.Request) -> web.Response:
        device = self._device(request)
        device.switch_fault(request.match_info["fault"], on=True)
        return await _faults_after(device)

    async def _fault_off(self, request: web.Request) -> web.Response:
        device = self._device(request)
        device.switch_fault(request.match_info["fault"], on=False)
        return await _faults_after(device)

    async def _plug(self, request: web.Request) -> web.Response:
        device = self._device(request)
        body = await request.json() if request.can_read_body else {}
        device.plug(CarSpec(**body))
        await device.flush()
        return web.json_response(device.world())

    async def _unplug(self, request: web.Request) -> web.Response:
        device = self._device(request)
        device.unplug()
        await device.flush()
        return web.json_response(device.world())


def _switched_on(device: Controlled) -> list[str]:
    """Return the faults that are on."""
    return [name for name, is_on in device.fault_names().items() if is_on]


async def _faults_after(device: Controlled) -> web.Response:
    """Let the change be seen and answer with all faults."""
    await device.flush()
    return web.json_response(dict(device.fault_names()))


def _number(body: Any, key: str) -> float:
    """Return a number out of a body."""
    return float(body[key])


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a wrong request with the reason."""
    try:
        return await handler(request)
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except LookupError as error:
        return web.json_response({"error": str(error)}, status=404)
