"""Read what a person or a template hands to an action, and say in their language what is wrong with it."""

import math

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .coordinator import ChargerCoordinator
from .members import loaded_coordinators


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
