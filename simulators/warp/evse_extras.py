"""Hold what surrounds a charge controller: button, light, and settings that only are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .board import Board
from .commands import Command, Payload
from .controller import ChargeController, ChargerState
from .evse_states import uptime_ms
from .schema import Field, Flag, ListOf, Rejected, Whole
from .states import Json

LED_TIMEOUT_UNIT_S = 0.001
NO_INDICATION = -1
LARGEST_INDICATION = 2010
BUTTON_HELD_MS = 120
BUTTON_STOPS = frozenset({2, 3})
BUTTON_STARTS = frozenset({1, 3})
DEFAULT_MODE = 4
CALIBRATION: Mapping[str, Field] = {
    "user_calibration_active": Flag(),
    "voltage_diff": Whole(32767, minimum=-32768),
    "voltage_mul": Whole(32767, minimum=-32768),
    "voltage_div": Whole(32767, minimum=-32768),
    "resistance_2700": Whole(32767, minimum=-32768),
    "resistance_880": ListOf(Whole(32767, minimum=-32768), longest=14, shortest=14),
}
FACTORY_CALIBRATION: Json = {
    "user_calibration_active": False,
    "voltage_diff": -95,
    "voltage_mul": 12205,
    "voltage_div": 12157,
    "resistance_2700": 312,
    "resistance_880": [
        1517,
        984,
        870,
        795,
        803,
        769,
        671,
        748,
        691,
        588,
        598,
        549,
        537,
        606,
    ],
}


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptSetting:
    """Be a setting that the simulator only keeps and shows."""

    path: str
    fields: Mapping[str, Field]
    value: Json
    is_there: Callable[[int], bool] = lambda version: version > 0
    """Whether a controller of this version has it."""


KEPT_SETTINGS = (
    KeptSetting(
        path="evse/led_configuration",
        fields={"enable_api": Flag()},
        value={"enable_api": False},
    ),
    KeptSetting(
        path="evse/meter_config",
        fields={"slot": Whole(6)},
        value={"slot": 0},
    ),
    KeptSetting(
        path="evse/eebus_enabled",
        fields={"enabled": Flag()},
        value={"enabled": False},
        is_there=lambda version: version >= 20,
    ),
    KeptSetting(
        path="evse/p14a_enwg_enabled",
        fields={"enabled": Flag()},
        value={"enabled": False},
        is_there=lambda version: version >= 20,
    ),
    KeptSetting(
        path="evse/button_configuration",
        fields={"button": Whole(4)},
        value={"button": 2},
        is_there=lambda version: version >= 20,
    ),
    KeptSetting(
        path="evse/gpio_configuration",
        fields={
            "shutdown_input": Whole(4),
            "input": Whole(16),
            "output": Whole(1),
        },
        value={"shutdown_input": 0, "input": 0, "output": 0},
        is_there=lambda version: version >= 20,
    ),
    KeptSetting(
        path="evse/ev_wakeup",
        fields={"enabled": Flag()},
        value={"enabled": False},
        is_there=lambda version: version >= 20,
    ),
    KeptSetting(
        path="evse/gp_output",
        fields={"gp_output": Whole(1)},
        value={"gp_output": 1},
        is_there=lambda version: version == 20,
    ),
    KeptSetting(
        path="evse/phases_connected",
        fields={"phases": Whole(3, minimum=1)},
        value={"phases": 3},
        is_there=lambda version: version >= 30,
    ),
    KeptSetting(
        path="evse/phase_switch_wait_time",
        fields={"time": Whole(22)},
        value={"time": 0},
        is_there=lambda version: version >= 30,
    ),
    KeptSetting(
        path="evse/charge_mode",
        fields={"mode": Whole(9)},
        value={"mode": DEFAULT_MODE},
    ),
    KeptSetting(
        path="evse/user_calibration",
        fields=CALIBRATION,
        value=FACTORY_CALIBRATION,
        is_there=lambda version: version in (14, 15),
    ),
)


class EvseExtras:
    """Register button, light and the settings that are only kept."""

    def __init__(self, board: Board, controller: ChargeController) -> None:
        """Register what this generation has."""
        self._board = board
        self._controller = controller
        self._light: Payload = _no_light()
        self._light_ends_s = 0.0
        for kept in KEPT_SETTINGS:
            if kept.is_there(board.spec.evse_version):
                self._keep(kept)
        board.states.put("evse/supported_charge_modes", [])
        board.states.put("evse/button_state", _button(0, 0, is_pressed=False))
        board.commands.add(
            Command(
                path="evse/indicator_led_update",
                fields={
                    "indication": Whole(LARGEST_INDICATION, minimum=NO_INDICATION),
                    "duration": Whole(65535),
                    "color_h": Whole(360),
                    "color_s": Whole(255),
                    "color_v": Whole(255),
                },
                action=self._indicate,
            )
        )
        if not board.spec.is_first:
            board.commands.add(
                Command(
                    path="evse/reset_dc_fault_current_state",
                    fields={"password": Whole(2**32 - 1)},
                    action=lambda _: None,
                    check=_check_dc_password,
                    can_be_abbreviated=False,
                )
            )
            board.commands.add(
                Command(path="evse/trigger_dc_fault_test", action=lambda _: None)
            )
        self.publish(board.now_s)

    def publish(self, now_s: float) -> None:
        """Show the light, which ends by itself."""
        if now_s >= self._light_ends_s:
            self._light = _no_light()
        self._board.states.put("evse/indicator_led", dict(self._light))

    def press_button(self, now_s: float) -> None:
        """Press the button shortly, with what it is configured for."""
        configured = self._configured_button()
        if self._controller.charger_state is ChargerState.CHARGING:
            if configured in BUTTON_STOPS:
                self._controller.block()
        elif configured in BUTTON_STARTS:
            self._controller.release()
        pressed_ms = uptime_ms(self._controller, now_s)
        state = _button(pressed_ms, pressed_ms + BUTTON_HELD_MS, is_pressed=False)
        self._board.states.put("evse/button_state", state)

    def _configured_button(self) -> Json:
        """Return what the button does: 1 start, 2 stop, 3 both."""
        if "evse/button_configuration" not in self._board.states:
            # A WARP1's button can only stop.
            return 2
        return self._board.states.read("evse/button_configuration/button")

    def _keep(self, kept: KeptSetting) -> None:
        """Register a setting that is only kept."""
        states = self._board.states
        states.put(kept.path, kept.value)
        self._board.commands.add(
            Command(
                path=f"{kept.path}_update",
                fields=kept.fields,
                action=lambda payload: states.put(kept.path, dict(payload)),
            )
        )

    def _indicate(self, payload: Payload) -> None:
        """Set the light if the interface may do that."""
        if not self._board.states.read("evse/led_configuration/enable_api"):
            return
        duration = payload["duration"]
        assert isinstance(duration, int)
        self._light = dict(payload)
        self._light_ends_s = self._board.now_s + duration * LED_TIMEOUT_UNIT_S


def _no_light() -> Payload:
    """Return the light when the controller itself uses it."""
    return {
        "indication": NO_INDICATION,
        "duration": 0,
        "color_h": 0,
        "color_s": 0,
        "color_v": 0,
    }


def _button(press_ms: int, release_ms: int, *, is_pressed: bool) -> Json:
    """Return `evse/button_state`."""
    return {
        "button_press_time": press_ms,
        "button_release_time": release_ms,
        "button_pressed": is_pressed,
    }


def _check_dc_password(payload: Payload) -> None:
    """Refuse unless the documented number is given."""
    if payload["password"] != 0xDC42FA23:
        msg = "Wrong password"
        raise Rejected(msg)
