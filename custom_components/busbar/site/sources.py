"""What a site listens to: the coordinators of its members, and the meters of its circuits."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..balancer.inputs import MeterReading
from ..coordinator import ChargerCoordinator
from .config import (
    CONF_HOME_BATTERY,
    CONF_METER,
    CONF_VOLTAGE,
    SUPPLY,
    circuit_subentries,
)
from .members import find_coordinator
from .meter import MeterFollower

# A battery that told nothing for longer may do anything by now.
_BATTERY_STALE_S: Final = 120.0


class SiteSources:
    """Call `on_news` whenever a member or a meter reports."""

    def __init__(self, hass: HomeAssistant, on_news: CALLBACK_TYPE) -> None:
        """Begin with nothing to listen to."""
        self._hass = hass
        self._on_news = on_news
        self._members: dict[str, tuple[ChargerCoordinator, CALLBACK_TYPE]] = {}
        self._meters: dict[str, MeterFollower] = {}
        self._battery: MeterFollower | None = None

    @property
    def followed(self) -> list[ChargerCoordinator]:
        """Return the coordinators that are followed."""
        return [coordinator for coordinator, _ in self._members.values()]

    @property
    def readings(self) -> Mapping[str, MeterReading]:
        """Return the newest reading of every meter that said something, by circuit key."""
        return {
            key: reading
            for key, meter in self._meters.items()
            if (reading := meter.reading) is not None
        }

    def home_battery_w(self, now: float) -> float | None:
        """Return what the home battery takes, minus = gives; `None` where that is not known at `now`."""
        reading = None if self._battery is None else self._battery.reading
        if reading is None or reading.power_w is None:
            return None
        told_at = max(at for at in reading.measured_at if at is not None)
        return reading.power_w if now - told_at <= _BATTERY_STALE_S else None

    @callback
    def async_follow_members(self, keys: Iterable[str]) -> None:
        """Follow the coordinators that are there now, and forget those that went."""
        present = {key: find_coordinator(self._hass, key) for key in keys}
        for key, (followed, unfollow) in tuple(self._members.items()):
            if present.get(key) is not followed:
                unfollow()
                del self._members[key]
        for key, coordinator in present.items():
            if coordinator is not None and key not in self._members:
                # A coordinator polls only while somebody listens, so the site does.
                unfollow = coordinator.async_add_listener(self._on_news)
                self._members[key] = (coordinator, unfollow)

    @callback
    def async_follow_meters(self, entry: ConfigEntry) -> None:
        """Follow the meters of the supply and of the circuits, as they are configured now."""
        self._stop_meters()
        configured = {
            SUPPLY: entry.data.get(CONF_METER),
            **{
                item.subentry_id: item.data.get(CONF_METER)
                for item in circuit_subentries(entry)
            },
        }
        for key, config in configured.items():
            if config is not None:
                self._meters[key] = self._follow(config, entry)
        # A battery has one power, whatever its phases: to us it is a meter with one phase.
        battery = entry.data.get(CONF_HOME_BATTERY)
        self._battery = None if battery is None else self._follow(battery, entry)

    def _follow(self, config: Mapping[str, Any], entry: ConfigEntry) -> MeterFollower:
        meter = MeterFollower(
            self._hass,
            config,
            voltage_v=entry.data[CONF_VOLTAGE],
            on_report=self._on_news,
        )
        meter.async_start()
        return meter

    @callback
    def async_stop(self) -> None:
        """Listen to nothing any more."""
        self._stop_meters()
        for _, unfollow in self._members.values():
            unfollow()
        self._members.clear()

    def _stop_meters(self) -> None:
        for meter in self._meters.values():
            meter.async_stop()
        self._meters.clear()
        if self._battery is not None:
            self._battery.async_stop()
            self._battery = None
