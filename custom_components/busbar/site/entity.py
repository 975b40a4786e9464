"""The bases of entities that show a site, or one of its members."""

from typing import override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription

from ..balancer.decision import CircuitDecision, MemberDecision
from ..const import DOMAIN
from ..entity import BusbarEntity
from .config import CONF_CHARGER
from .coordinator import SiteCoordinator


class SiteEntity[ValueT](BusbarEntity[SiteCoordinator, ValueT]):
    """An entity of a site."""

    def __init__(
        self, *, coordinator: SiteCoordinator, description: EntityDescription
    ) -> None:
        """Attach the entity to the site's device."""
        super().__init__(coordinator)
        self.entity_description = description
        entry_id = coordinator.config_entry.entry_id
        self._attr_unique_id = f"{entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, entry_id)})


class CircuitEntity[ValueT](BusbarEntity[SiteCoordinator, ValueT]):
    """An entity of a circuit below the supply of a site."""

    def __init__(
        self,
        *,
        coordinator: SiteCoordinator,
        subentry: ConfigSubentry,
        description: EntityDescription,
    ) -> None:
        """Attach the entity to the circuit's device."""
        super().__init__(coordinator)
        self.entity_description = description
        self._key = subentry.subentry_id
        self._attr_unique_id = f"{subentry.subentry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)}
        )

    @property
    def decision(self) -> CircuitDecision | None:
        """Return what was decided for this circuit; one that leads nowhere has nothing."""
        return self.coordinator.data.circuits.get(self._key)

    @property
    @override
    def available(self) -> bool:
        """Return whether the site counts with this circuit."""
        return super().available and self.decision is not None


class MemberEntity[ValueT](BusbarEntity[SiteCoordinator, ValueT]):
    """An entity of a charger as a member of a site."""

    def __init__(
        self,
        *,
        coordinator: SiteCoordinator,
        subentry: ConfigSubentry,
        description: EntityDescription,
    ) -> None:
        """Attach the entity to the member's device."""
        super().__init__(coordinator)
        self.entity_description = description
        self._key = subentry.data[CONF_CHARGER]
        self._attr_unique_id = f"{subentry.subentry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)}
        )

    @property
    def decision(self) -> MemberDecision | None:
        """Return what was decided for this member; a member that was just removed has nothing."""
        return self.coordinator.data.members.get(self._key)

    @property
    @override
    def available(self) -> bool:
        """Return whether the site decides for this member."""
        return super().available and self.decision is not None
