"""Add the entities of a platform: the same way for charger entries and site entries."""

from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .charger_entry import ChargerConfigEntry, ChargerRuntime
from .coordinator import ChargerCoordinator
from .site.config import charger_subentries, circuit_subentries, window_subentries
from .site.coordinator import SiteCoordinator
from .site.entry import SiteConfigEntry, SiteRuntime

type BusbarConfigEntry = ConfigEntry[ChargerRuntime | SiteRuntime]

type ChargerEntities = Callable[[ChargerCoordinator], Iterable[Entity]]
type SiteEntities = Callable[[SiteCoordinator], Iterable[Entity]]
type SubentryEntities = Callable[[SiteCoordinator, ConfigSubentry], Iterable[Entity]]


@callback
def async_add_busbar_entities(
    entry: BusbarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    *,
    charger: ChargerEntities,
    site: SiteEntities | None = None,
    circuit: SubentryEntities | None = None,
    member: SubentryEntities | None = None,
    window: SubentryEntities | None = None,
) -> None:
    """Add what a platform offers for an entry, now and whenever something new appears."""
    if isinstance(entry.runtime_data, ChargerRuntime):
        _add_charger_entities(entry, async_add_entities, charger)  # type: ignore[arg-type]  # narrowed by its runtime data
        return
    if site is not None:
        async_add_entities(site(entry.runtime_data.coordinator))
    if circuit is not None:
        _add_subentry_entities(entry, async_add_entities, circuit_subentries, circuit)  # type: ignore[arg-type]  # narrowed by its runtime data
    if member is not None:
        _add_subentry_entities(entry, async_add_entities, charger_subentries, member)  # type: ignore[arg-type]  # narrowed by its runtime data
    if window is not None:
        _add_window_entities(entry, async_add_entities, window)  # type: ignore[arg-type]  # narrowed by its runtime data


@callback
def _add_charger_entities(
    entry: ChargerConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    build: ChargerEntities,
) -> None:
    # By coordinator: the entities of a device that goes and comes back are new ones.
    known: WeakKeyDictionary[ChargerCoordinator, set[str | None]] = WeakKeyDictionary()

    @callback
    def add_new() -> None:
        for coordinator in entry.runtime_data.coordinators.values():
            added = known.setdefault(coordinator, set())
            offered = [
                entity for entity in build(coordinator) if entity.unique_id not in added
            ]
            added.update(entity.unique_id for entity in offered)
            async_add_entities(offered)

    add_new()
    entry.async_on_unload(entry.runtime_data.async_on_devices_changed(add_new))


@callback
def _add_subentry_entities(
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    subentries: Callable[[ConfigEntry], Iterable[ConfigSubentry]],
    build: SubentryEntities,
) -> None:
    known: set[str | None] = set()

    @callback
    def add_new() -> None:
        for subentry in subentries(entry):
            offered = [
                entity
                for entity in build(entry.runtime_data.coordinator, subentry)
                if entity.unique_id not in known
            ]
            known.update(entity.unique_id for entity in offered)
            async_add_entities(offered, config_subentry_id=subentry.subentry_id)

    add_new()
    entry.async_on_unload(entry.runtime_data.async_on_members_changed(add_new))


@callback
def _add_window_entities(
    entry: SiteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    build: SubentryEntities,
) -> None:
    """Add what a window has to the device of its site, which belongs to no subentry."""
    known: set[str] = set()

    @callback
    def add_new() -> None:
        for subentry in window_subentries(entry):
            if subentry.subentry_id not in known:
                known.add(subentry.subentry_id)
                async_add_entities(build(entry.runtime_data.coordinator, subentry))

    add_new()
    entry.async_on_unload(entry.runtime_data.async_on_members_changed(add_new))
