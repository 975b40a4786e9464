"""Switch phases and choose charge modes: the states below `power_manager/`."""

from collections.abc import Callable

from .board import Board
from .commands import Command, Payload
from .evse_commands import whole
from .faults import Fault
from .phase_switch import PhaseSwitch
from .schema import Flag, Rejected, Whole

AVAILABLE, DISABLED, UNAVAILABLE, SWITCHING = range(4)
"""What `external_control` says."""
SELECTABLE_MODES = frozenset({0, 1, 2, 3, 5, 6, 7, 8, 9})
NO_SLOT = 255


class PowerManager:
    """Offer external control of the phases and keep the configuration."""

    def __init__(
        self,
        board: Board,
        switch: PhaseSwitch,
        *,
        is_managed: Callable[[], bool],
        keeps_one_phase: Callable[[], bool],
    ) -> None:
        """Register; the command exists only where phases could be switched at boot."""
        self._board = board
        self._switch = switch
        self._is_managed = is_managed
        self._keeps_one_phase = keeps_one_phase
        self._has_switch = "phase_switch" in board.spec.features
        self._register_config()
        if self._has_switch and not is_managed():
            board.commands.add(
                Command(
                    path="power_manager/external_control_update",
                    fields={"phases_wanted": Whole(255, default=3)},
                    action=self._request,
                    check=self._check,
                )
            )
        self.publish(board.now_s)

    @property
    def external_control(self) -> int:
        """0 available, 1 disabled, 2 not now, 3 switching."""
        if not self._has_switch or self._is_managed():
            return DISABLED
        if self._board.has(Fault.SWITCH_ERROR):
            return UNAVAILABLE
        return SWITCHING if self._switch.is_switching else AVAILABLE

    @property
    def is_enabled(self) -> bool:
        """Whether surplus charging is on, which refuses an available current."""
        return self._board.states.read("power_manager/config/enabled") is True

    def publish(self, now_s: float) -> None:
        """Show what can be switched and what is live."""
        states = self._board.states
        states.put(
            "power_manager/state",
            {"config_error_flags": 0, "external_control": self.external_control},
        )
        states.put(
            "power_manager/external_control", {"phases_wanted": self._switch.wanted}
        )
        states.put(
            "power_manager/low_level_state",
            {
                "power_at_meter": None,
                "power_at_battery": None,
                "power_available": 0,
                "max_current_limited": 0,
                "is_3phase": self._switch.phases == 3,
                "charging_blocked": 0,
            },
        )

    def _check(self, payload: Payload) -> None:
        """Refuse a wish that cannot be taken now."""
        wanted = whole(payload["phases_wanted"])
        if self._is_managed():
            msg = "External control is not allowed: the charger is managed"
            raise Rejected(msg)
        if self._board.has(Fault.SWITCH_ERROR) or self._board.has(
            Fault.CONTACTOR_ERROR
        ):
            msg = "Phase switching is not possible: the controller reports an error"
            raise Rejected(msg)
        self._switch.check(wanted, self._board.now_s)

    def _request(self, payload: Payload) -> None:
        """Begin to switch; to a one-phase car three phases are not given."""
        wanted = whole(payload["phases_wanted"])
        if wanted == 3 and self._keeps_one_phase():
            return
        self._switch.request(wanted, self._board.now_s)

    def _register_config(self) -> None:
        """Keep the configurations, which the simulator does not act on."""
        states, commands = self._board.states, self._board.commands
        states.put("power_manager/charge_mode", {"mode": 0})
        commands.add(
            Command(
                path="power_manager/charge_mode_update",
                fields={"mode": Whole(9)},
                action=lambda payload: states.put(
                    "power_manager/charge_mode", dict(payload)
                ),
                check=_check_mode,
            )
        )
        for path, value in _CONFIGS.items():
            states.put(path, value)
        commands.add(
            Command(
                path="power_manager/config_update",
                fields=_CONFIG_FIELDS,
                action=lambda payload: states.put(
                    "power_manager/config", dict(payload)
                ),
                at_once=True,
            )
        )


def _check_mode(payload: Payload) -> None:
    """Refuse what nobody can select."""
    if payload["mode"] not in SELECTABLE_MODES:
        msg = "Charge mode is not selectable"
        raise Rejected(msg)


_CONFIG_FIELDS = {
    "enabled": Flag(),
    "phase_switching_mode": Whole(4),
    "excess_charging_enable": Flag(),
    "default_mode": Whole(9),
    "meter_slot_grid_power": Whole(255),
    "meter_slot_battery_power": Whole(255),
    "battery_mode": Whole(255),
    "battery_target_soc": Whole(100),
    "battery_inverted": Flag(),
    "battery_deadzone": Whole(9999),
    "target_power_from_grid": Whole(2**31 - 1, minimum=-(2**31)),
    "guaranteed_power": Whole(2**31 - 1),
    "cloud_filter_mode": Whole(3),
}
_CONFIGS: dict[str, Payload] = {
    "power_manager/config": {
        "enabled": False,
        "phase_switching_mode": 3,
        "excess_charging_enable": False,
        "default_mode": 0,
        "meter_slot_grid_power": NO_SLOT,
        "meter_slot_battery_power": NO_SLOT,
        "battery_mode": 0,
        "battery_target_soc": 0,
        "battery_inverted": False,
        "battery_deadzone": 100,
        "target_power_from_grid": 0,
        "guaranteed_power": 1380,
        "cloud_filter_mode": 2,
    },
    "power_manager/dynamic_load_config": {
        "enabled": False,
        "meter_slot_grid_currents": NO_SLOT,
        "current_limit": 0,
        "largest_consumer_current": 32000,
        "safety_margin_pct": 0,
    },
}
