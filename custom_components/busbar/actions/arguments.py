"""Read what a person or a template hands to an action, and say in their language what is wrong with it."""

from collections.abc import Iterable
import math

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..coordinator import ChargerCoordinator
from ..site.config import CONF_CHARGER, charger_subentries
from ..site.coordinator import SiteCoordinator
from ..site.entry import loaded_sites
from ..site.members import loaded_coordinators


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error for input that makes no sense."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def not_negative(field: str, value: object, wanted: str) -> float:
    """Return a number of 0 or more, whatever a template made of it; `wanted` is the key of the complaint."""
    try:
        number = float(value)  # type: ignore[arg-type]  # what cannot be converted is refused below
    except TypeError, ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise invalid(wanted, field=field, value=str(value))
    return number


def charger_of(call: ServiceCall) -> ChargerCoordinator:
    """Return the charger or group that a call names by its device, heard at least once."""
    found = coordinator_of_device(call.hass, call.data[ATTR_DEVICE_ID])
    if found is None:
        raise invalid("not_a_charger")
    return found


def coordinator_of_device(
    hass: HomeAssistant, device_id: str
) -> ChargerCoordinator | None:
    """Return the coordinator behind a device, `None` while there is none that has heard it."""
    device = dr.async_get(hass).async_get(device_id)
    if device is None:
        return None
    keys = {key for domain, key in device.identifiers if domain == DOMAIN}
    for coordinator in loaded_coordinators(hass):
        if coordinator.identity.key in keys and coordinator.data is not None:
            return coordinator
    return None


def site_of(call: ServiceCall) -> SiteCoordinator:
    """Return the site that a call means: the named one, or the only one there is."""
    sites = {
        coordinator.config_entry.entry_id: coordinator
        for coordinator in loaded_sites(call.hass)
    }
    device_id = call.data.get(ATTR_DEVICE_ID)
    if device_id is None:
        if len(sites) != 1:
            raise invalid("site_required" if sites else "no_site")
        return next(iter(sites.values()))
    device = dr.async_get(call.hass).async_get(device_id)
    for entry_id, coordinator in sites.items():
        if device is not None and (DOMAIN, entry_id) in device.identifiers:
            return coordinator
    raise invalid("not_a_site")


def members_of(site: SiteCoordinator, device_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the members that are named by a device: the charger's own, or the one of its place here."""
    registry = dr.async_get(site.hass)
    keys = {member.key: member.key for member in site.config.members} | {
        subentry.subentry_id: subentry.data[CONF_CHARGER]
        for subentry in charger_subentries(site.config_entry)
    }
    found: set[str] = set()
    for device_id in device_ids:
        device = registry.async_get(device_id)
        named = {key for _, key in device.identifiers} & keys.keys() if device else ()
        if not named:
            raise invalid("not_a_member", site=site.config_entry.title)
        found.update(keys[key] for key in named)
    return tuple(sorted(found))
