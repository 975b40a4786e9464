"""Name everything that can be made to go wrong."""

from enum import StrEnum


class Fault(StrEnum):
    """Be a disturbance that tests and the control port switch by name."""

    # The wire
    MUTE = "mute"
    """Requests are not answered."""
    SLOW = "slow"
    """Answers come three seconds late."""
    REFUSE = "refuse"
    """Connections break."""
    INTERNAL_ERROR = "internal_error"
    """Everything answers 500."""
    NOT_JSON = "not_json"
    """Everything answers text that is not JSON."""
    ODD_JSON = "odd_json"
    """Everything answers a list."""
    NOT_A_METER = "not_a_meter"
    """A Shelly without energy meter answers."""
    NOT_A_SHELLY = "not_a_shelly"
    """Another web server answers: every path is 404."""
    OTHER_DEVICE = "other_device"
    """Another device answers at this address: the mac is another one."""
    NEW_NONCE = "new_nonce"
    """Each request needs a new nonce (generation 2 and later)."""

    # The meter
    FREEZE = "freeze"
    """The measurement does not move any more; clock and counters do."""
    HANG = "hang"
    """Nothing moves any more, the clock neither; requests are answered."""
    INVALID = "invalid"
    """The first channel fails its self check."""
    NULL = "null"
    """The first channel measures nothing."""
    MISSING = "missing"
    """The first channel alone is in the answer."""
    NO_VOLTAGE = "no_voltage"
    """The voltage is 0."""
    NO_POWER_FACTOR = "no_power_factor"
    """The power factor is missing, as on old firmware."""
    NO_COUNTERS = "no_counters"
    """The counters read -1."""

    EMPTY = "empty"
    """The answer has neither channels nor anything else."""

    # One-time events: they happen when switched on and do not last
    REBOOT = "reboot"
    """The device restarts: seconds without answers, then counters and clock from 0."""


HAPPENINGS = frozenset({Fault.REBOOT})
"""Faults that happen once; all others last until cleared."""
