"""Every charger error has its words, also those that no WARP can cause."""

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryNotReady,
    HomeAssistantError,
    ServiceValidationError,
)
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.chargers.errors import (
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
from custom_components.busbar.const import DOMAIN
from custom_components.busbar.errors import (
    command_errors,
    failure_key,
    flow_error,
    setup_failure,
    update_failure,
)
from tests.repository.common import english, placeholders


class Odd(Rejected):
    """A make's own error, shown as its parent."""


CASES = [
    (AuthenticationFailed("x"), "authentication_failed", {}, "invalid_auth"),
    (ConnectionFailed("x"), "connection_failed", {}, "cannot_connect"),
    (RateLimited(90), "rate_limited", {"seconds": "90"}, "rate_limited"),
    (RateLimited(), "rate_limited", {"seconds": "60"}, "rate_limited"),
    (Rejected("no"), "rejected", {"reason": "no"}, "cannot_connect"),
    (EmptyWindow("x"), "empty_window", {}, "cannot_connect"),
    (Odd("no"), "rejected", {"reason": "no"}, "cannot_connect"),
    (
        SlotSkipped("weekly_2", "weekly_1"),
        "slot_skipped",
        {"slot": "weekly_2", "free": "weekly_1"},
        "cannot_connect",
    ),
    (
        SlotCurrentOutOfRange(3, 6, 32),
        "slot_current_out_of_range",
        {"current": "3", "minimum": "6", "maximum": "32"},
        "cannot_connect",
    ),
    (Unsupported("no"), "unsupported", {"reason": "no"}, "unsupported_device"),
    (WrongDevice("x"), "wrong_device", {}, "wrong_device"),
    (ChargerError("odd"), "charger_error", {"reason": "odd"}, "cannot_connect"),
]


def says(key: str, given: dict[str, str]) -> None:
    """Check that the text exists and wants no more than it is given."""
    assert placeholders(english()["exceptions"][key]["message"]) <= set(given)


@pytest.mark.parametrize(("error", "key", "details", "shown"), CASES)
def test_words(
    hass: HomeAssistant,
    error: ChargerError,
    key: str,
    details: dict[str, str],
    shown: str,
) -> None:
    """A command, an update, a set-up and a flow, each with its own."""
    entry = MockConfigEntry(domain=DOMAIN, data={"kind": "charger", "make": "warp"})
    entry.add_to_hass(hass)
    with (
        pytest.raises(HomeAssistantError) as failure,
        command_errors(hass, entry, "Garage"),
    ):
        raise error
    is_refusal = isinstance(failure.value, ServiceValidationError)
    about_values = EmptyWindow | SlotCurrentOutOfRange | SlotSkipped
    assert is_refusal is isinstance(error, about_values | Unsupported)
    assert failure.value.translation_key == key
    assert failure.value.translation_placeholders == {"device": "Garage", **details}
    says(key, {"device": "Garage", **details})
    assert failure_key(error) == key
    assert flow_error(error) == shown
    assert shown in english()["config"]["error"]

    is_login = isinstance(error, AuthenticationFailed)
    update = update_failure(error)
    assert type(update) is (ConfigEntryAuthFailed if is_login else UpdateFailed)
    setup = setup_failure(error)
    assert type(setup) is (ConfigEntryAuthFailed if is_login else ConfigEntryNotReady)
    for failed in (update, setup):
        assert failed.translation_key == f"update_{key}"
        assert failed.translation_placeholders == details
    says(f"update_{key}", details)


async def test_only_refused_credentials_ask_for_new_ones(
    hass: HomeAssistant, warp_entry: MockConfigEntry
) -> None:
    """Whatever else fails may mend itself."""
    for error, *_ in CASES:
        with (
            pytest.raises(HomeAssistantError),
            command_errors(hass, warp_entry, "Garage"),
        ):
            raise error
        await hass.async_block_till_done()
        if not isinstance(error, AuthenticationFailed):
            continue
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert flow["context"]["source"] == SOURCE_REAUTH
        hass.config_entries.flow.async_abort(flow["flow_id"])
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []
