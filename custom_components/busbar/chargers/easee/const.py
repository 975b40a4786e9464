"""Name the vendor's addresses and the numbers that bound our talk with its cloud."""

from dataclasses import dataclass
import math
from typing import Final

MAKE: Final = "easee"


@dataclass(frozen=True, kw_only=True, slots=True)
class Urls:
    """Where the cloud answers."""

    api: str
    stream: str


VENDOR: Final = Urls(
    api="https://api.easee.com", stream="https://streams.easee.com/hubs/chargers"
)

REQUEST_TIMEOUT_S: Final = 30.0
HEARD_FOR_S: Final = 17 * 60.0
"""Reports are sent on change; peers poll after 17 minutes without one."""
RESTART_SILENT_S: Final = 40 * 60.0
"""An open stream that says nothing for so long is opened anew."""
LIVED_S: Final = 60.0
"""A stream that lived so long was a good one: the next pause is short again."""
POLL_S: Final = 60.0
TICK_S: Final = 1.0
"""A coordinator counts its interval from the whole second, so it comes up to so much early: still a poll."""
POLLS_PER_MINUTE: Final = 15.0
"""Over the whole account; the vendor allows 100 in five minutes."""
SUPERVISE_S: Final = 30.0
DISCOVER_S: Final = 20 * 60.0
DETAILS_S: Final = 6 * 3600.0
DETAILS_PER_TURN: Final = 4
RETRY_S: Final = 600.0
COSTS_S: Final = 3600.0

MINIMUM_A: Final = 6.0
HARDWARE_A: Final = 32.0
CHARGER_RESET_A: Final = 32.0
"""The charger's own dynamic limit after a restart, a plug-in and a resume."""
HOME_RESET_A: Final = 40.0
OTHER_RESET_A: Final = 80.0
"""The dynamic limit of a circuit after a restart: Home, and the larger products."""
HOME_CODE: Final = 1
OFFLINE_AFTER_S: Final = math.inf
"""A master takes its offline limit when *it* loses the cloud. When only we do, it never does."""
LEASE_MAXIMUM_S: Final = 1080 * 60.0
