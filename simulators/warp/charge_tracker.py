"""Keep the book of charges: the states below `charge_tracker/`."""

from .board import Board
from .controller import ChargeController, PilotState
from .evse_states import uptime_ms
from .meters import Meters
from .states import Json

KEPT_CHARGES = 30
NOT_CHARGING = -1
ANONYMOUS = 0


class ChargeTracker:
    """Begin a charge when a car is plugged in and book it when the car leaves."""

    def __init__(
        self, board: Board, controller: ChargeController, meters: Meters
    ) -> None:
        """Begin with an empty book."""
        self._board = board
        self._controller = controller
        self._meters = meters
        self._last_charges: list[Json] = []
        self._began_s: float | None = None
        self._meter_start_kwh: float | None = None
        self._uptime_start_ms = 0
        board.states.put(
            "charge_tracker/config", {"electricity_price": 3000, "pdf_text": ""}
        )
        self.publish(board.now_s)

    def publish(self, now_s: float) -> None:
        """Notice arrivals and departures, and show the charge of the moment."""
        is_plugged = self._controller.pilot is not PilotState.A
        if is_plugged and self._began_s is None:
            self._begin(now_s)
        if not is_plugged and self._began_s is not None:
            self._book(now_s)
        states = self._board.states
        states.put("charge_tracker/current_charge", self._current_charge())
        states.put("charge_tracker/last_charges", list(self._last_charges))
        states.put(
            "charge_tracker/state",
            {
                "tracked_charges": len(self._last_charges),
                "first_charge_timestamp": 0,
                "generator_state": 0,
            },
        )

    def _begin(self, now_s: float) -> None:
        """Open a charge."""
        self._began_s = now_s
        self._meter_start_kwh = self._meters.energy_kwh
        self._uptime_start_ms = uptime_ms(self._controller, now_s)

    def _book(self, now_s: float) -> None:
        """Close a charge."""
        assert self._began_s is not None
        energy_kwh = self._meters.energy_kwh
        charged_kwh: float | None = None
        if energy_kwh is not None and self._meter_start_kwh is not None:
            charged_kwh = round(energy_kwh - self._meter_start_kwh, 3)
        self._last_charges.append(
            {
                "timestamp_minutes": 0,
                "charge_duration": int(now_s - self._began_s),
                "user_id": ANONYMOUS,
                "energy_charged": charged_kwh,
                "charger_name": "",
            }
        )
        self._last_charges = self._last_charges[-KEPT_CHARGES:]
        self._began_s = None

    def _current_charge(self) -> Json:
        """Return the running charge, or the form without one."""
        is_running = self._began_s is not None
        return {
            "user_id": ANONYMOUS if is_running else NOT_CHARGING,
            "meter_start": self._meter_start_kwh if is_running else 0,
            "evse_uptime_start": self._uptime_start_ms if is_running else 0,
            "timestamp_minutes": 0,
            "authorization_type": 0,
            "authorization_info": None,
            "charger_name": "",
        }
