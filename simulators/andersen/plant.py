"""Let the control port steer one charger and the cloud in front of it."""

from collections.abc import Mapping
from typing import Any

from simulators.world import Car, CarSpec

from .charger import SimulatedCharger
from .cloud import AndersenSimulator
from .faults import Fault


class ControlledCharger:
    """Be one charger as the control port sees it.

    Faults of the charger and of the whole cloud are switched by name alike; those of the cloud meet its
    other chargers too.
    """

    def __init__(
        self, cloud: AndersenSimulator, charger: SimulatedCharger, name: str
    ) -> None:
        """Name a charger for the paths of the control port."""
        self._cloud = cloud
        self._charger = charger
        self._name = name

    @property
    def name(self) -> str:
        """The name in the paths of the control port."""
        return self._name

    @property
    def address(self) -> str:
        """Where its cloud is reached."""
        return self._cloud.urls.graphql

    def fault_names(self) -> Mapping[str, bool]:
        """Return every fault with whether it is on."""
        on = self._cloud.faults | self._charger.faults
        return {fault.value: fault in on for fault in Fault}

    def switch_fault(self, name: str, *, on: bool) -> None:
        """Switch a fault; raises ValueError for an unknown name."""
        is_own = Fault(name) in OWN_FAULTS
        self._cloud.switch(name, on=on, charger=self._charger if is_own else None)

    def plug(self, car: CarSpec) -> object:
        """Plug a car in, in place of another one."""
        self._charger.unplug()
        plugged = Car(car)
        self._charger.plug_in(plugged)
        return plugged

    def unplug(self) -> None:
        """Take the car away."""
        self._charger.unplug()

    def told(self) -> list[dict[str, Any]]:
        """Return the commands the cloud took, oldest first."""
        return [
            {
                "time_s": command.time_s,
                "name": command.name,
                "arguments": dict(command.arguments),
            }
            for command in self._cloud.commands
            if command.device_id == self._charger.device_id
        ]

    def world(self) -> dict[str, Any]:
        """Return how things really are, whatever the cloud says."""
        charger = self._charger
        return {
            "device_id": charger.device_id,
            "user_lock": charger.user_lock,
            "schedule_lock": charger.schedule_lock,
            "slots": charger.slots.wire(),
            "has_car": charger.car is not None,
            "power_w": charger.power_w,
            "currents_a": list(charger.measured_currents_a),
            "logs": len(charger.logs),
            "logins": [
                {"time_s": login.time_s, "kind": login.kind, "ok": login.accepted}
                for login in self._cloud.logins
            ],
        }

    async def catch_up(self) -> None:
        """Live through everything between the last call and now."""
        await self._cloud.catch_up()

    async def flush(self) -> None:
        """Let clients see at once what was changed."""
        self._charger.publish()
        await self._cloud.flush()


OWN_FAULTS = frozenset(
    {
        Fault.OFFLINE,
        Fault.IGNORES_COMMANDS,
        Fault.EVSE_FAULT,
        Fault.EVSE_TEXT,
        Fault.EVSE_UNKNOWN,
        Fault.RCM_TRIP,
        Fault.POWER_IN_KW,
    }
)
"""Faults of one charger; all others are the cloud's."""
