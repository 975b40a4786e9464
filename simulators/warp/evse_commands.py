"""Take the writes below `evse/` and do to the controller what the firmware does."""

from collections.abc import Mapping

from .board import Board
from .commands import Action, Command, Payload
from .controller import ChargeController
from .faults import Fault
from .schema import CURRENT, Field, Flag
from .slots import FULL_MA, SlotName
from .states import Json

ENABLED: Mapping[str, Field] = {"enabled": Flag()}


class EvseCommands:
    """Register the writable paths of a controller."""

    def __init__(self, board: Board, controller: ChargeController) -> None:
        """Register everything that this generation has."""
        self._board = board
        self._controller = controller
        self._add("external_current_update", {"current": CURRENT}, self._external)
        clear: dict[str, Field] = {"clear_on_disconnect": Flag()}
        self._add("external_clear_on_disconnect_update", clear, self._external_clear)
        self._add("external_enabled_update", ENABLED, self._external_enabled)
        self._add(
            "external_defaults_update",
            {"current": CURRENT, "clear_on_disconnect": Flag()},
            self._external_defaults,
        )
        self._add("global_current_update", {"current": CURRENT}, self._global)
        self._add("automation_current_update", {"current": CURRENT}, self._automation)
        auto_start: dict[str, Field] = {"auto_start_charging": Flag(default=True)}
        self._add("auto_start_charging_update", auto_start, self._auto_start)
        self._add("management_enabled_update", ENABLED, self._managed)
        self._add("user_enabled_update", ENABLED, self._users)
        self._add("modbus_tcp_enabled_update", ENABLED, self._modbus)
        self._add("ocpp_enabled_update", ENABLED, self._ocpp)
        self._add("boost_mode_update", ENABLED, self._boost)
        self._add("start_charging", None, lambda _: controller.release())
        self._add("stop_charging", None, lambda _: controller.block())
        if not board.spec.is_first:
            cut: dict[str, Field] = {"disconnect": Flag()}
            self._add("control_pilot_disconnect_update", cut, self._cut_pilot)
        if board.spec.switches_phases:
            self._add("phase_auto_switch_update", ENABLED, self._phase_auto_switch)

    def _add(
        self, name: str, fields: Mapping[str, Field] | None, action: Action
    ) -> None:
        """Register one command."""
        path = f"evse/{name}"
        self._board.commands.add(Command(path=path, fields=fields, action=action))

    def _external(self, payload: Payload) -> None:
        slots = self._controller.slots
        wanted_ma = whole(payload["current"])
        present_ma = slots[SlotName.EXTERNAL].max_current_ma
        if Fault.IGNORES_INCREASE in self._board.faults and wanted_ma > present_ma:
            return
        slots.set_current(SlotName.EXTERNAL, wanted_ma)

    def _external_clear(self, payload: Payload) -> None:
        slot = self._controller.slots[SlotName.EXTERNAL]
        slot.clear_on_disconnect = bool(payload["clear_on_disconnect"])

    def _external_enabled(self, payload: Payload) -> None:
        # The slot is always in use since 2.6.2: "false" only puts everything back to 32 A.
        if payload["enabled"]:
            return
        flash, slot = self._controller.flash, self._controller.slots[SlotName.EXTERNAL]
        flash.external_ma = slot.max_current_ma = FULL_MA
        flash.external_clear = slot.clear_on_disconnect = False

    def _external_defaults(self, payload: Payload) -> None:
        wanted_ma = whole(payload["current"])
        flash, slots = self._controller.flash, self._controller.slots
        if wanted_ma and not 6000 <= wanted_ma <= FULL_MA:
            return
        flash.external_ma = wanted_ma
        flash.external_clear = bool(payload["clear_on_disconnect"])
        if self._board.settings.defaults_apply_live:
            slots.set_current(SlotName.EXTERNAL, wanted_ma)
            slots[SlotName.EXTERNAL].clear_on_disconnect = flash.external_clear

    def _global(self, payload: Payload) -> None:
        wanted_ma = whole(payload["current"])
        if self._controller.slots.set_current(SlotName.GLOBAL, wanted_ma):
            self._controller.flash.global_ma = wanted_ma

    def _automation(self, payload: Payload) -> None:
        wanted_ma = whole(payload["current"])
        self._controller.slots.set_current(SlotName.AUTOMATION, wanted_ma)

    def _auto_start(self, payload: Payload) -> None:
        enabled = bool(payload["auto_start_charging"])
        controller = self._controller
        controller.flash.auto_start = enabled
        slot = controller.slots[SlotName.AUTO_START]
        slot.clear_on_disconnect = not enabled
        if enabled:
            slot.max_current_ma = FULL_MA
        elif controller.drawn_a[0] <= 0:
            # A running charge goes on; a car that only waits is blocked at once.
            slot.max_current_ma = 0

    def _managed(self, payload: Payload) -> None:
        enabled = bool(payload["enabled"])
        self._controller.set_managed(enabled=enabled, now_s=self._board.now_s)

    def _users(self, payload: Payload) -> None:
        enabled = bool(payload["enabled"])
        controller = self._controller
        if enabled == controller.flash.users:
            return
        controller.flash.users = enabled
        if enabled:
            controller.slots.set_blocking(SlotName.USER, enabled=True, start_ma=0)
        else:
            controller.slots.release(SlotName.USER)

    def _modbus(self, payload: Payload) -> None:
        enabled = bool(payload["enabled"])
        if enabled == self._controller.flash.modbus:
            return
        self._controller.flash.modbus = enabled
        self._activate(SlotName.MODBUS_CURRENT, enabled=enabled)
        self._activate(SlotName.MODBUS_ENABLE, enabled=enabled)

    def _ocpp(self, payload: Payload) -> None:
        enabled = bool(payload["enabled"])
        if enabled == self._controller.flash.ocpp:
            return
        self._controller.flash.ocpp = enabled
        self._activate(SlotName.OCPP, enabled=enabled)

    def _activate(self, name: SlotName, *, enabled: bool) -> None:
        """Put a slot to 32 A and in or out of use."""
        slot = self._controller.slots[name]
        slot.max_current_ma = FULL_MA
        slot.active = enabled

    def _boost(self, payload: Payload) -> None:
        self._controller.boost = bool(payload["enabled"])

    def _cut_pilot(self, payload: Payload) -> None:
        self._controller.set_cp_disconnected(disconnected=bool(payload["disconnect"]))

    def _phase_auto_switch(self, payload: Payload) -> None:
        self._controller.phase_auto_switch = bool(payload["enabled"])


def whole(value: Json) -> int:
    """Return an integer that the schema has checked before."""
    assert isinstance(value, int)
    return value
