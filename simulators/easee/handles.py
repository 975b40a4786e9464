"""Let the cloud and its chargers be steered by the control port."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from simulators.world import NO_AMPS, Car, CarSpec

from .cloud import EaseeSimulator
from .switches import Switches


class CloudHandle:
    """Be the cloud at the control port: faults, writes, and no cable."""

    def __init__(self, cloud: EaseeSimulator, name: str = "easee") -> None:
        """Steer a cloud."""
        self.name = name
        self._cloud = cloud
        self._switches = Switches(cloud)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where the cloud is reached."""
        return self._cloud.url

    async def catch_up(self) -> None:
        """Live up to the time of the clock."""
        await self._cloud.catch_up()

    def fault_names(self) -> Mapping[str, bool]:
        """Return every fault with whether it is on."""
        return self._switches.names()

    def switch_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault; raise ValueError for an unknown name."""
        if name not in self._switches.names():
            msg = f"there is no fault {name}"
            raise ValueError(msg)
        task = asyncio.create_task(self._switches.switch(name, on=on))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def plug(self, car: CarSpec) -> object:
        """Refuse: a cloud has no cable."""
        msg = "a cloud has no cable, name one of its chargers"
        raise ValueError(msg)

    def unplug(self) -> None:
        """Do nothing: a cloud has no cable."""

    def told(self) -> list[dict[str, Any]]:
        """Return what was written over the wire, oldest first."""
        return [asdict(write) for write in self._cloud.writes]

    def world(self) -> dict[str, Any]:
        """Return how things really are."""
        return {
            "name": self.name,
            "writes": len(self._cloud.writes),
            "persistent_writes": len(self._cloud.persistent_writes),
            "logins": self._cloud.tokens.logins,
            "refreshes": self._cloud.tokens.refreshes,
            "streams": self._cloud.hub.connections,
            "circuits": {
                str(circuit.id): {
                    "dynamic_a": circuit.dynamic_a,
                    "drawn_a": circuit.drawn_a,
                }
                for circuit in self._cloud.circuits.values()
            },
        }

    async def flush(self) -> None:
        """Let clients see at once what was changed."""
        await asyncio.gather(*self._tasks)
        await self._cloud.catch_up()
        await self._cloud.hub.settle()


class ChargerHandle:
    """Be one charger of the cloud at the control port: its cable and its link."""

    def __init__(self, cloud: EaseeSimulator, charger_id: str) -> None:
        """Steer one charger."""
        self.name = charger_id
        self._cloud = cloud
        self._charger = cloud.chargers[charger_id]

    @property
    def address(self) -> str:
        """Where its cloud is reached."""
        return self._cloud.url

    async def catch_up(self) -> None:
        """Live up to the time of the clock."""
        await self._cloud.catch_up()

    def fault_names(self) -> Mapping[str, bool]:
        """Return every fault with whether it is on."""
        refused = self.name in self._cloud.faults.refused_streams
        return {
            "offline": not self._charger.is_online,
            "reboot": self._charger.back_at_s is not None,
            "refused_stream": refused,
        }

    def switch_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault; raise ValueError for an unknown name."""
        refused = self._cloud.faults.refused_streams
        match name:
            case "offline":
                self._cloud.set_online(self.name, online=not on)
            case "reboot":
                if on:
                    self._cloud.reboot(self.name)
            case "refused_stream":
                refused.add(self.name) if on else refused.discard(self.name)
            case _:
                msg = f"there is no fault {name}"
                raise ValueError(msg)

    def plug(self, car: CarSpec) -> object:
        """Plug a car in, in place of another one."""
        if self._charger.car is not None:
            self._charger.unplug()
        newcomer = Car(car)
        self._charger.plug_in(newcomer, self._cloud.clock.now())
        return newcomer

    def unplug(self) -> None:
        """Take the car away."""
        self._charger.unplug()

    def told(self) -> list[dict[str, Any]]:
        """Return what was written to this charger."""
        return [
            asdict(write)
            for write in self._cloud.writes
            if f"/{self.name}/" in write.path
        ]

    def world(self) -> dict[str, Any]:
        """Return how things really are."""
        charger = self._charger
        return {
            "name": self.name,
            "mode": charger.mode,
            "reason": charger.reason,
            "offered_a": charger.offered_a,
            "drawn_a": charger.drawn_a if charger.car is not None else NO_AMPS,
            "dynamic_a": charger.dynamic_a,
            "is_online": charger.is_online,
        }

    async def flush(self) -> None:
        """Let clients see at once what was changed."""
        await self._cloud.catch_up()
        await self._cloud.hub.settle()
