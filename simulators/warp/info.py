"""Say what the device is: the states below `info/`, and the network it is in."""

from .board import Board
from .commands import Command, Payload
from .faults import Fault
from .generation import METER_FEATURES
from .schema import Text
from .settings import MeterKind
from .states import Json

OTHER_UID = "9zZ9"
"""What stands in `info/name` while another device has taken the address."""
FEATURES_OF_METER: dict[MeterKind, tuple[str, ...]] = {
    MeterKind.FULL: METER_FEATURES,
    MeterKind.POWER_ONLY: ("meters", "meter"),
    MeterKind.LEGACY: ("meter", "meter_phases", "meter_all_values"),
    MeterKind.NONE: ("meters",),
}


class Info:
    """Publish name, version, features and the network."""

    def __init__(self, board: Board) -> None:
        """Register everything."""
        self._board = board
        self._display_name = board.settings.display_name or board.settings.name
        self.meter_is_known = False
        self.publish(board.now_s)
        states, settings = board.states, board.settings
        states.put(
            "info/version",
            {
                "firmware": settings.firmware,
                "config": "2.12.0",
                "config_type": str(settings.generation),
            },
        )
        states.put("info/modules", {"evse": board.spec.has_evse, "meters": True})
        states.put("info/last_boots", _LAST_BOOTS)
        states.put("wifi/state", _WIFI)
        board.commands.add(
            Command(
                path="info/display_name_update",
                fields={"display_name": Text(32)},
                action=self._rename,
                at_once=True,
            )
        )

    def publish(self, now_s: float) -> None:
        """Write what may change."""
        board = self._board
        uid = OTHER_UID if board.has(Fault.OTHER_DEVICE) else board.settings.uid
        board.states.put(
            "info/name",
            {
                "name": f"{board.settings.generation}-{uid}",
                "type": str(board.settings.generation),
                "display_type": board.settings.display_type,
                "uid": uid,
            },
        )
        board.states.put("info/display_name", {"display_name": self._display_name})
        board.states.put("info/features", [*self._features()])

    def _features(self) -> list[str]:
        """Return the features that are known by now."""
        known: tuple[str, ...] = ()
        if self.meter_is_known:
            known = FEATURES_OF_METER[self._board.settings.meter]
        return [
            feature
            for feature in self._board.spec.features
            if feature not in METER_FEATURES or feature in known
        ]

    def _rename(self, payload: Payload) -> None:
        self._display_name = str(payload["display_name"])


_LAST_BOOTS: Json = [
    {
        "reset_reason": 1,
        "boot_count": 41,
        "timestamp_min": 0,
        "uptime": 0,
        "uptime_overflows": 0,
    }
]
_WIFI: Json = {
    "connection_state": 3,
    "connection_start": 10117,
    "connection_end": 0,
    "ap_state": 2,
    "ap_bssid": "02:00:00:00:00:01",
    "sta_ip": "192.0.2.10",
    "sta_subnet": "255.255.255.0",
    "sta_rssi": -58,
    "sta_bssid": "02:00:00:00:00:02",
}
