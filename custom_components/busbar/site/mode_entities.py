"""The entities of a member by which a person chooses its mode, and sees which one is in force."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import UnitOfElectricCurrent

from ..balancer.modes import Mode
from ..chargers.model import Capabilities
from ..coordinator import ChargerCoordinator
from ..spans import Span, SpannedNumber, current_span
from .config import CONF_CHARGER
from .coordinator import SiteCoordinator
from .entity import MemberEntity
from .modes import ModeInForce

MODE: Final = SelectEntityDescription(key="mode", translation_key="mode")
FIXED_CURRENT: Final = NumberEntityDescription(
    key="fixed_current",
    translation_key="fixed_current",
    device_class=NumberDeviceClass.CURRENT,
    native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
    mode=NumberMode.BOX,
)
MODE_IN_FORCE: Final = SensorEntityDescription(
    key="mode_in_force",
    translation_key="mode_in_force",
    device_class=SensorDeviceClass.ENUM,
    options=[mode.value for mode in Mode],
)


def mode_selects(
    coordinator: SiteCoordinator, subentry: ConfigSubentry
) -> Iterator[SelectEntity]:
    """Offer the choice of a mode."""
    yield ModeSelect(coordinator=coordinator, subentry=subentry, description=MODE)


def fixed_current_numbers(
    coordinator: SiteCoordinator, subentry: ConfigSubentry
) -> Iterator[NumberEntity]:
    """Offer the fixed current of a member whose current can be set, once that is known of it."""
    charger = coordinator.coordinator_of(subentry.data[CONF_CHARGER])
    if charger is not None and charger.capabilities.ranges.charge is not None:
        yield FixedCurrentNumber(
            coordinator=coordinator, subentry=subentry, description=FIXED_CURRENT
        )


def mode_sensors(
    coordinator: SiteCoordinator, subentry: ConfigSubentry
) -> Iterator[SensorEntity]:
    """Offer the mode in force."""
    yield ModeSensor(
        coordinator=coordinator, subentry=subentry, description=MODE_IN_FORCE
    )


class ModeChoice(NamedTuple):
    """A chosen mode among those that can be chosen."""

    mode: str
    offered: tuple[str, ...]


class ModeEntity[ValueT](MemberEntity[ValueT]):
    """An entity that needs the charger of its member to be loaded."""

    @property
    def _charger(self) -> ChargerCoordinator | None:
        return self.coordinator.coordinator_of(self._key)

    @property
    @override
    def available(self) -> bool:
        """Return whether it is known what the charger can do."""
        return super().available and self._charger is not None


class ModeSelect(ModeEntity[ModeChoice], SelectEntity):
    """In which mode a member takes part."""

    @property
    @override
    def options(self) -> list[str]:
        """Return the modes that its charger and the meters above it allow."""
        return [] if self._value is None else list(self._value.offered)

    @property
    @override
    def current_option(self) -> str | None:
        """Return the mode that was chosen."""
        return None if self._value is None else self._value.mode

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose a mode; control of a charger is taken or given back with it."""
        await self.coordinator.modes.async_choose(self._key, Mode(option))

    @override
    def _read(self) -> ModeChoice:
        modes = self.coordinator.modes
        chosen, offered = modes.chosen(self._key), modes.offered(self._key)
        # A meter may have been taken away since it was chosen.
        return ModeChoice(chosen, offered if chosen in offered else (*offered, chosen))


class FixedCurrentNumber(ModeEntity[float], SpannedNumber):
    """The current of the fixed mode; below 0 it discharges."""

    @property
    @override
    def _span(self) -> Span:
        charger = self._charger
        return current_span(Capabilities() if charger is None else charger.capabilities)

    @override
    async def _async_set(self, value: float) -> None:
        await self.coordinator.modes.async_set_fixed(self._key, value)

    @override
    def _read(self) -> float:
        return self.coordinator.modes.fixed_a(self._key)


class ModeSensor(ModeEntity[ModeInForce], SensorEntity):
    """What a member is to do now, and who says so."""

    @property
    @override
    def native_value(self) -> str | None:
        """Return the mode in force."""
        return None if self._value is None else self._value.intent.mode

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return who put it in force, with the window and the current where there are any."""
        if self._value is None:
            return None
        attributes: dict[str, Any] = {"source": self._value.source.value}
        if self._value.window is not None:
            subentries = self.coordinator.config_entry.subentries
            attributes["window"] = subentries[self._value.window].title
        if self._value.intent.current_a is not None:
            attributes["current"] = self._value.intent.current_a
        return attributes

    @override
    def _read(self) -> ModeInForce:
        return self.coordinator.modes.in_force(self._key)
