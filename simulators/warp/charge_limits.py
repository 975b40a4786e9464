"""End a charge after a time or an amount: the states below `charge_limits/`, slot 12."""

from collections.abc import Mapping
import math

from .board import Board
from .commands import Command, Payload
from .controller import ChargeController, PilotState
from .evse_commands import whole
from .evse_states import uptime_ms
from .meters import Meters
from .schema import Field, Whole
from .slots import Slot, SlotName
from .states import Json

DURATIONS_S = (
    0,
    900,
    1800,
    2700,
    3600,
    7200,
    10800,
    14400,
    21600,
    28800,
    43200,
)
"""Seconds behind the numbers 0 to 10; 0 is no limit."""


class ChargeLimits:
    """Watch the limits of the running charge."""

    def __init__(
        self, board: Board, controller: ChargeController, meters: Meters
    ) -> None:
        """Begin without limits."""
        self._board = board
        self._controller = controller
        self._meters = meters
        self._has_soc = board.spec.evse_version >= 40
        self._default = self._no_limits()
        self._active = self._no_limits()
        self._started_s: float | None = None
        self._started_kwh: float | None = None
        self._register()
        self.publish(board.now_s)

    def _no_limits(self) -> Payload:
        """Return limits that limit nothing."""
        soc: Payload = {"soc_pct": 0} if self._has_soc else {}
        return {"duration": 0, "energy_wh": 0} | soc

    def _register(self) -> None:
        """Add the commands."""
        known: dict[str, Field] = {"duration": Whole(10), "energy_wh": Whole(2**31 - 1)}
        if self._has_soc:
            known["soc_pct"] = Whole(100)
        add = self._board.commands.add
        add(
            Command(
                path="charge_limits/default_limits_update",
                fields=known,
                action=self._set_default,
            )
        )
        for key, value in known.items():
            name = key.partition("_")[0]
            fields: Mapping[str, Field] = {key: value}
            add(
                Command(
                    path=f"charge_limits/override_{name}",
                    fields=fields,
                    action=self._override,
                )
            )
        add(
            Command(path="charge_limits/restart", action=lambda _: self._restart()),
        )

    def publish(self, now_s: float) -> None:
        """Begin, watch and end; show where the charge stands."""
        self._follow(now_s)
        states = self._board.states
        states.put("charge_limits/default_limits", dict(self._default))
        states.put("charge_limits/active_limits", dict(self._active))
        states.put("charge_limits/state", self._state())

    def _follow(self, now_s: float) -> None:
        """Notice arrival, departure and the end of a limit."""
        is_plugged = self._controller.pilot is not PilotState.A
        if not is_plugged:
            self._active = dict(self._default)
            self._started_s = self._started_kwh = None
        elif self._started_s is None and self._controller.pilot is PilotState.C:
            self._started_s = now_s
            self._started_kwh = self._meters.energy_kwh
        is_limited = any(self._active.values())
        slot = Slot(active=is_limited)
        if is_limited and self._is_over(now_s):
            slot.max_current_ma = 0
        self._controller.slots[SlotName.CHARGE_LIMITS] = slot

    def _is_over(self, now_s: float) -> bool:
        """Say whether time or energy are used up."""
        if self._started_s is None:
            return False
        duration_s = DURATIONS_S[whole(self._active["duration"])]
        if duration_s and now_s - self._started_s >= duration_s:
            return True
        limit_kwh = whole(self._active["energy_wh"]) / 1000 or math.inf
        energy_kwh = self._meters.energy_kwh
        if energy_kwh is None or self._started_kwh is None:
            return False
        return energy_kwh - self._started_kwh >= limit_kwh

    def _state(self) -> Json:
        """Return start and target in milliseconds of the controller's uptime."""
        duration_ms = DURATIONS_S[whole(self._active["duration"])] * 1000
        energy_kwh = whole(self._active["energy_wh"]) / 1000
        start_ms = 0
        target_kwh: float | None = energy_kwh or None
        if self._started_s is not None:
            start_ms = uptime_ms(self._controller, self._started_s)
            if energy_kwh and self._started_kwh is not None:
                target_kwh = round(self._started_kwh + energy_kwh, 3)
        state: Payload = {
            "start_timestamp_ms": start_ms,
            "start_energy_kwh": self._started_kwh,
            "target_timestamp_ms": start_ms + duration_ms if duration_ms else 0,
            "target_energy_kwh": target_kwh,
        }
        if self._has_soc:
            state["target_soc_pct"] = self._active["soc_pct"]
        return state

    def _set_default(self, payload: Payload) -> None:
        self._default = dict(payload)

    def _override(self, payload: Payload) -> None:
        self._active |= payload

    def _restart(self) -> None:
        self._started_s = self._board.now_s if self._controller.car else None
        self._started_kwh = self._meters.energy_kwh
