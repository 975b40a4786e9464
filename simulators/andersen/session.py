"""Count one charge cycle."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

PRICE_PER_KWH = 0.28
LOG_ZONE = ZoneInfo("Europe/London")


class ChargeSession:
    """Be a charge cycle, from the first ampere to the last."""

    def __init__(self, now_s: float, started: datetime) -> None:
        """Begin without energy."""
        self.is_open = True
        self.energy_kwh = 0.0
        self.maximum_kw = 0.0
        self._power_w = 0.0
        self._started_s = self._last_s = now_s
        self._started = started

    @property
    def duration_s(self) -> int:
        """How long it has lasted."""
        return int(self._last_s - self._started_s)

    def add(self, now_s: float, power_w: float) -> None:
        """Book the time since the last call at the power before it."""
        self.energy_kwh += self._power_w * (now_s - self._last_s) / 3.6e6
        self._last_s = now_s
        self._power_w = power_w
        self.maximum_kw = max(self.maximum_kw, power_w / 1000)

    def close(self) -> None:
        """End it; its values stay visible until the next one."""
        self.is_open = False

    def as_status(self) -> dict[str, Any]:
        """Return it as part of the status."""
        return {
            "start": self._started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "chargeEnergyTotal": self.energy_kwh,
            "solarEnergyTotal": 0.0,
            "gridEnergyTotal": 0.0,
            "chargePowerMax": self.maximum_kw,
            "solarPower": 0.0,
            "gridPower": 0.0,
            "duration": self.duration_s,
        }

    def as_log(self, device_id: str) -> dict[str, Any]:
        """Return it as a log: without transformers everything counts as surplus."""
        cost = self.energy_kwh * PRICE_PER_KWH
        utc = self._started.strftime("%Y-%m-%dT%H:%M:%SZ")
        local = self._started.astimezone(LOG_ZONE).replace(microsecond=0)
        return {
            "uuid": f"{device_id}_{utc}",
            "deviceId": device_id,
            "startDateTimeLocal": local.isoformat(),
            "duration": self.duration_s,
            "chargeEnergyTotal": self.energy_kwh,
            "chargeCostTotal": cost,
            "gridEnergyTotal": 0.0,
            "gridCostTotal": 0.0,
            "solarEnergyTotal": 0.0,
            "solarCostTotal": 0.0,
            "surplusUsedEnergyTotal": self.energy_kwh,
            "surplusUsedCostTotal": cost,
            "particleFwVersion": None,
        }
