"""Show the charge controller in the states below `evse/`."""

from .board import Board
from .controller import ChargeController, PilotState
from .generation import GenerationSpec
from .slots import SlotName
from .states import Json

UPTIME_WRAP_MS = 2**32
JUMPER_32_A = 6
IDLE_DUTY = 1000
"""Duty cycle in 0.1 % of a pilot without PWM."""


def duty_cycle(current_a: float) -> int:
    """Return the duty cycle in 0.1 % for an offered current (IEC 61851)."""
    if current_a <= 0:
        return IDLE_DUTY
    if current_a <= 51:
        return round(current_a / 0.06)
    return round((current_a / 2.5 + 64) * 10)


class EvseStates:
    """Translate a controller into JSON."""

    def __init__(self, board: Board, controller: ChargeController) -> None:
        """Register everything in the order of the firmware."""
        self._board = board
        self._controller = controller
        self.publish(board.now_s)
        board.states.put("evse/hardware_configuration", self._hardware())

    @property
    def _spec(self) -> GenerationSpec:
        """The row of the generation table."""
        return self._board.spec

    def publish(self, now_s: float) -> None:
        """Write the present values into the states."""
        states, controller = self._board.states, self._controller
        slots = controller.slots
        states.put("evse/state", self._state())
        states.put("evse/slots", slots.as_json())
        for path, slot in (
            ("evse/external_current", SlotName.EXTERNAL),
            ("evse/global_current", SlotName.GLOBAL),
            ("evse/management_current", SlotName.MANAGER),
            ("evse/user_current", SlotName.USER),
            ("evse/automation_current", SlotName.AUTOMATION),
        ):
            states.put(path, {"current": slots[slot].max_current_ma})
        for path, enabled in (
            ("evse/external_enabled", True),
            ("evse/management_enabled", controller.flash.managed),
            ("evse/user_enabled", controller.flash.users),
            ("evse/modbus_tcp_enabled", controller.flash.modbus),
            ("evse/ocpp_enabled", controller.flash.ocpp),
            ("evse/boost_mode", controller.boost),
        ):
            states.put(path, {"enabled": enabled})
        clears = slots[SlotName.EXTERNAL].clear_on_disconnect
        states.put("evse/external_clear_on_disconnect", {"clear_on_disconnect": clears})
        states.put(
            "evse/external_defaults",
            {
                "current": controller.flash.external_ma,
                "clear_on_disconnect": controller.flash.external_clear,
            },
        )
        auto_start = controller.flash.auto_start
        states.put("evse/auto_start_charging", {"auto_start_charging": auto_start})
        states.put(
            "evse/management_state",
            {
                "central_user_management_enabled": False,
                "manager_ip": controller.manager_ip,
            },
        )
        self._publish_later_generations()

    def publish_low_level(self, now_s: float) -> None:
        """Write what changes every second."""
        self._board.states.put("evse/low_level_state", self._low_level(now_s))

    def _publish_later_generations(self) -> None:
        """Write what a WARP1 does not have."""
        states, controller = self._board.states, self._controller
        if not self._spec.is_first:
            disconnected = controller.cp_disconnected
            states.put("evse/control_pilot_disconnect", {"disconnect": disconnected})
        if self._spec.switches_phases:
            enabled = controller.phase_auto_switch
            states.put("evse/phase_auto_switch", {"enabled": enabled})

    def _state(self) -> Json:
        controller = self._controller
        idle, closed = self._spec.contactor_states
        is_closed = controller.pilot is PilotState.C
        state: dict[str, Json] = {
            "iec61851_state": int(controller.pilot),
            "charger_state": int(controller.charger_state),
            "contactor_state": closed if is_closed else idle,
            "contactor_error": 2 if controller.error_state == 4 else 0,
            "allowed_charging_current": controller.slots.allowed_ma,
            "error_state": controller.error_state,
            "lock_state": 0,
        }
        if not self._spec.is_first:
            state["dc_fault_current_state"] = int(controller.error_state == 3)
        return state

    def _hardware(self) -> Json:
        hardware: dict[str, Json] = {
            "jumper_configuration": JUMPER_32_A,
            "has_lock_switch": False,
            "evse_version": self._spec.evse_version,
        }
        if not self._spec.is_first:
            hardware["energy_meter_type"] = 0
        return hardware

    def _low_level(self, now_s: float) -> Json:
        controller = self._controller
        low_level = self._electrical(now_s)
        low_level["charging_time"] = 0
        since_ms = (now_s - controller.pilot_since_s) * 1000
        low_level["time_since_state_change"] = int(since_ms) % UPTIME_WRAP_MS
        low_level["uptime"] = uptime_ms(controller, now_s)
        low_level["phases_current"] = controller.live_phases
        low_level["phases_requested"] = controller.phase_switch.wanted
        low_level["phases_state"] = int(controller.phase_switch.is_switching)
        low_level["phases_info"] = int(controller.takes_car_for_one_phase)
        if not self._spec.is_first:
            low_level |= {
                "time_since_dc_fault_check": uptime_ms(controller, now_s),
                "temperature": 2450,
                "dc_fault_pins": 0,
                "dc_fault_sensor_type": 0,
            }
        return low_level

    def _electrical(self, now_s: float) -> dict[str, Json]:
        """Return what the pilot looks like; the length differs by generation."""
        controller = self._controller
        duty = duty_cycle(controller.offer(now_s).current_a)
        led_state = 4 if controller.pilot is PilotState.C else 1
        if self._spec.is_first:
            voltages: list[Json] = [-2646, 899, 5915]
            adc_values: list[Json] = [16356, 7198]
            gpio: list[Json] = [False, False, True, True, True]
        else:
            voltages = [0, 0, 0, 0, 3300, 12000, -12000]
            adc_values = [0] * 7
            gpio = [False] * 24
        return {
            "led_state": led_state,
            "cp_pwm_duty_cycle": duty,
            "adc_values": adc_values,
            "voltages": voltages,
            "resistances": [850 if controller.car else 65535, 219],
            "gpio": gpio,
        }


def uptime_ms(controller: ChargeController, now_s: float) -> int:
    """Return the controller's own uptime, which wraps after 49.7 days."""
    return int((now_s - controller.started_s) * 1000) % UPTIME_WRAP_MS
