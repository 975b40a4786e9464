"""Know the vehicle by ISO 15118: the state `ev/state` of a WARP4."""

from .board import Board
from .controller import ChargeController

BATTERY_KWH = 60.0
START_SOC_PCT = 40.0


class Ev:
    """Show a state of charge while a car is plugged in."""

    def __init__(self, board: Board, controller: ChargeController) -> None:
        """Begin without a car."""
        self._board = board
        self._controller = controller
        self.publish(board.now_s)

    def publish(self, now_s: float) -> None:
        """Show the car, or that none is known."""
        car = self._controller.car
        soc_pct: float | None = None
        if car is not None:
            added_pct = car.energy_charged_kwh / BATTERY_KWH * 100
            soc_pct = round(min(100.0, START_SOC_PCT + added_pct), 1)
        self._board.states.put(
            "ev/state",
            {
                "active_ev_index": -1 if car is None else 0,
                "name": "" if car is None else car.spec.name,
                "mac": "",
                "soc": soc_pct,
                "capacity": None if car is None else BATTERY_KWH,
                "charging_efficiency": None,
            },
        )
