"""The switch of a window, on the device of its site."""

from typing import Any, Final, NamedTuple, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .config import window_subentries
from .coordinator import SiteCoordinator
from .entity import SiteEntity

WINDOW: Final = SwitchEntityDescription(key="window", translation_key="window")


def _unique_id(key: str) -> str:
    return f"{WINDOW.key}_{key}"


@callback
def forget_windows(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove the switches of windows that are gone; those of a site's device, nobody else removes them."""
    present = {_unique_id(item.subentry_id) for item in window_subentries(entry)}
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        is_window = entity.unique_id.startswith(_unique_id(""))
        if is_window and entity.unique_id not in present:
            registry.async_remove(entity.entity_id)


class WindowShown(NamedTuple):
    """What the switch of a window shows."""

    is_on: bool
    name: str
    attributes: dict[str, str]


class WindowSwitch(SiteEntity[WindowShown], SwitchEntity):
    """On: a window comes into force when its time comes. Off: it is passed by."""

    def __init__(
        self,
        *,
        coordinator: SiteCoordinator,
        subentry: ConfigSubentry,
        description: SwitchEntityDescription,
    ) -> None:
        """Name the switch as a person named the window."""
        super().__init__(coordinator=coordinator, description=description)
        self._key = subentry.subentry_id
        self._attr_unique_id = _unique_id(subentry.subentry_id)
        self._attr_name = subentry.title

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value last taken."""
        return None if self._value is None else self._value.is_on

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str] | None:
        """Return from when to when it lasts, and what it asks for."""
        return None if self._value is None else self._value.attributes

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Let it come into force."""
        await self.coordinator.plan.async_set_enabled(self._key, on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Pass it by."""
        await self.coordinator.plan.async_set_enabled(self._key, on=False)

    @override
    def _take(self) -> None:
        super()._take()
        if self._value is not None:
            self._attr_name = self._value.name

    @override
    def _read(self) -> WindowShown | None:
        window = self.coordinator.plan.window(self._key)
        subentry = self.coordinator.config_entry.subentries.get(self._key)
        if window is None or subentry is None:
            return None
        return WindowShown(
            is_on=window.enabled,
            name=subentry.title,
            attributes={
                "start": window.start.isoformat("minutes"),
                "end": window.end.isoformat("minutes"),
                "mode": window.intent.mode.value,
            },
        )
