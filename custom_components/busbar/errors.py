"""Turn charger errors into Home Assistant ones: the one place that does."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryNotReady,
    HomeAssistantError,
    ServiceValidationError,
)
from homeassistant.helpers.update_coordinator import UpdateFailed

from .chargers.errors import (
    AuthenticationFailed,
    ChargerError,
    ConnectionFailed,
    EmptyWindow,
    RateLimited,
    Rejected,
    SlotCurrentOutOfRange,
    SlotSkipped,
    Unsupported,
    WrongDevice,
)
from .const import DOMAIN


def _no_details(err: ChargerError) -> Mapping[str, str]:
    """Return no placeholders: the kind of error says it all."""
    return {}


def _reason(err: ChargerError) -> Mapping[str, str]:
    """Return the device's own words."""
    return {"reason": str(err)}


def _waiting_time(err: ChargerError) -> Mapping[str, str]:
    """Return after how many seconds another attempt makes sense."""
    seconds = err.retry_after_s if isinstance(err, RateLimited) else None
    return {"seconds": "60" if seconds is None else f"{seconds:.0f}"}


def _free_slot(err: ChargerError) -> Mapping[str, str]:
    """Return the slot that was named and the one that is free next."""
    assert isinstance(err, SlotSkipped)
    return {"slot": err.slot, "free": err.free}


def _slot_current(err: ChargerError) -> Mapping[str, str]:
    """Return the current that was named and those that are possible."""
    assert isinstance(err, SlotCurrentOutOfRange)
    return {
        "current": f"{err.current_a:g}",
        "minimum": f"{err.minimum_a:g}",
        "maximum": f"{err.maximum_a:g}",
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Failure:
    """How one kind of charger error is shown."""

    key: str
    details: Callable[[ChargerError], Mapping[str, str]] = _no_details
    raises: type[HomeAssistantError] = HomeAssistantError
    flow_error: str = "cannot_connect"


# Looked up along the class hierarchy, so an error class without a row of its own is shown as its parent.
_FAILURES: Final[Mapping[type[ChargerError], _Failure]] = {
    AuthenticationFailed: _Failure(
        key="authentication_failed", flow_error="invalid_auth"
    ),
    ConnectionFailed: _Failure(key="connection_failed"),
    EmptyWindow: _Failure(key="empty_window", raises=ServiceValidationError),
    RateLimited: _Failure(
        key="rate_limited", details=_waiting_time, flow_error="rate_limited"
    ),
    Rejected: _Failure(key="rejected", details=_reason),
    SlotCurrentOutOfRange: _Failure(
        key="slot_current_out_of_range",
        details=_slot_current,
        raises=ServiceValidationError,
    ),
    SlotSkipped: _Failure(
        key="slot_skipped", details=_free_slot, raises=ServiceValidationError
    ),
    Unsupported: _Failure(
        key="unsupported",
        details=_reason,
        raises=ServiceValidationError,
        flow_error="unsupported_device",
    ),
    WrongDevice: _Failure(key="wrong_device", flow_error="wrong_device"),
    ChargerError: _Failure(key="charger_error", details=_reason),
}


def _failure(err: ChargerError) -> _Failure:
    """Return how to show an error."""
    return next(_FAILURES[kind] for kind in type(err).__mro__ if kind in _FAILURES)


def flow_error(err: ChargerError) -> str:
    """Return the key under which a config flow shows an error."""
    return _failure(err).flow_error


def failure_key(err: ChargerError) -> str:
    """Return the translation key of an error, for answers that name what failed."""
    return _failure(err).key


@contextmanager
def command_errors(
    hass: HomeAssistant, entry: ConfigEntry, device: str
) -> Iterator[None]:
    """Raise translated errors for a command to `device`; ask for new credentials where they were refused."""
    try:
        yield
    except ChargerError as err:
        failure = _failure(err)
        if isinstance(err, AuthenticationFailed):
            entry.async_start_reauth(hass)
        raise failure.raises(
            translation_domain=DOMAIN,
            translation_key=failure.key,
            translation_placeholders={"device": device, **failure.details(err)},
        ) from err


def update_failure(err: ChargerError) -> UpdateFailed | ConfigEntryAuthFailed:
    """Return what a coordinator reports. It is logged, so it names no device."""
    failure = _failure(err)
    raises = (
        ConfigEntryAuthFailed if isinstance(err, AuthenticationFailed) else UpdateFailed
    )
    return raises(
        translation_domain=DOMAIN,
        translation_key=f"update_{failure.key}",
        translation_placeholders=dict(failure.details(err)),
    )


def setup_failure(err: ChargerError) -> ConfigEntryNotReady | ConfigEntryAuthFailed:
    """Return what the set-up of a charger entry raises; everything but wrong credentials is tried again."""
    failure = _failure(err)
    raises = (
        ConfigEntryAuthFailed
        if isinstance(err, AuthenticationFailed)
        else ConfigEntryNotReady
    )
    return raises(
        translation_domain=DOMAIN,
        translation_key=f"update_{failure.key}",
        translation_placeholders=dict(failure.details(err)),
    )
