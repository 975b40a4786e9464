"""Name everything that can be made to go wrong."""

from enum import StrEnum


class Fault(StrEnum):
    """Be a disturbance that tests and the control port switch by name."""

    # The wire
    SILENT = "silent"
    """Sockets stay open, nothing is answered and nothing is pushed; the car goes on."""
    HANG = "hang"
    """Requests are not answered; the WebSocket goes on."""
    REFUSE = "refuse"
    """Open connections break and new ones are refused."""
    NO_PUSH = "no_push"
    """The WebSocket stays open without a line; requests are answered."""
    NO_WEBSOCKET = "no_websocket"
    """New WebSockets get 503; open ones stay."""
    SLOW_DUMP = "slow_dump"
    """A dump stops before its end mark until cleared; changes meanwhile are lost."""
    HTTP_DISABLED = "http_disabled"
    """Everything answers 403: only HTTPS is allowed."""
    INTERNAL_ERROR = "internal_error"
    """Everything answers 500."""
    NOT_JSON = "not_json"
    """States are answered with text that is not JSON."""
    NOT_A_WARP = "not_a_warp"
    """Another web server stands at this address: every path is 404."""
    OTHER_DEVICE = "other_device"
    """Another charger answers at this address: the uid is another one."""

    # The device
    STALE = "stale"
    """Writes are answered with 200 and not applied."""
    IGNORES_INCREASE = "ignores_increase"
    """Writes of a larger external current are answered with 200 and not applied."""
    CONTACTOR_ERROR = "contactor_error"
    """The controller reports error 4 and does not charge."""
    DC_FAULT = "dc_fault"
    """The controller reports error 3 with a latched DC fault (WARP2 on)."""
    SWITCH_ERROR = "switch_error"
    """`external_control` says 2: phases cannot be switched now."""
    CAR_ONE_PHASE = "car_one_phase"
    """The controller takes the car for a one-phase one and does not go to three."""

    # The meter
    METER_MISSING = "meter_missing"
    """The meter was not recognised yet: its features and value ids are missing."""
    METER_NULL = "meter_null"
    """All values of the meter are null."""
    METER_FROZEN = "meter_frozen"
    """The values of the meter do not move any more."""
    ENERGY_GLITCH = "energy_glitch"
    """Energies read 2.5e-29."""

    # One-time events: they happen when switched on and do not last
    DROP_WEBSOCKETS = "drop_websockets"
    """All WebSockets end without a close frame."""
    REBOOT = "reboot"
    """The network processor restarts; the controller keeps its slots."""
    RESTART_CONTROLLER = "restart_controller"
    """The controller restarts: slot 8 has its defaults again."""
    POWER_CYCLE = "power_cycle"
    """Both restart."""
    MANAGED = "managed"
    """Management is switched on, as a person would: slot 7 blocks until packets come."""


HAPPENINGS = frozenset(
    {
        Fault.DROP_WEBSOCKETS,
        Fault.REBOOT,
        Fault.RESTART_CONTROLLER,
        Fault.POWER_CYCLE,
        Fault.MANAGED,
    }
)
"""Faults that happen once; all others last until cleared."""

ENERGY_GLITCH_KWH = 2.5e-29
"""What a glitching meter of this family was seen to report."""
