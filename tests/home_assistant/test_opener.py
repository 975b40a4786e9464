"""What a site closed is opened when it goes, and only that; where that cannot be, a person is told."""

from collections.abc import Awaitable, Callable

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.andersen import Fault

from .acting import act
from .andersen_house import AndersenHouse
from .test_andersen_site import aim, is_closed_by_us, site

__all__ = ["site"]

type Go = Callable[[HomeAssistant, MockConfigEntry], Awaitable[object]]


async def remove(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Remove an entry."""
    await hass.config_entries.async_remove(entry.entry_id)


async def disable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Disable an entry."""
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )


async def leave(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Take the one charger out of the site."""
    hass.config_entries.async_remove_subentry(entry, "member")
    await hass.async_block_till_done()


def issue(hass: HomeAssistant, house: AndersenHouse) -> ir.IssueEntry | None:
    """Return what a person is told."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"left_locked_{house.key}")


@pytest.mark.parametrize("go", [remove, disable, leave])
async def test_a_site_that_goes_opens_what_it_closed(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
    go: Go,
) -> None:
    """With one command, and nothing is left to tell."""
    await aim(andersen_house, site, 20)
    before = len(andersen_house.sent())
    await go(hass, site)
    await andersen_house.settle()
    await andersen_house.pass_time(600, 20)
    assert andersen_house.sent()[before:] == ["userUnlock"]
    assert not andersen_house.wall.user_lock
    assert not is_closed_by_us(andersen_house, andersen_entry)
    assert issue(hass, andersen_house) is None


@pytest.mark.parametrize("go", [remove, disable, leave])
async def test_a_site_that_goes_opens_nothing_else(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
    go: Go,
) -> None:
    """What a person locked stays locked."""
    await aim(andersen_house, site, 20)
    await act(hass, "switch", "turn_on", f"{andersen_house.key}_lock")
    await go(hass, site)
    await andersen_house.settle()
    await andersen_house.pass_time(600, 20)
    assert andersen_house.wall.user_lock
    assert "userUnlock" not in andersen_house.sent()
    assert issue(hass, andersen_house) is None


async def test_a_reload_of_the_site_opens_nothing(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """It comes back, and remembers."""
    await aim(andersen_house, site, 20)
    await hass.config_entries.async_unload(site.entry_id)
    await andersen_house.pass_time(600, 20)
    assert "userUnlock" not in andersen_house.sent()
    assert is_closed_by_us(andersen_house, andersen_entry)


async def test_a_charger_that_is_offline_is_opened_when_it_is_back(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """A person is told meanwhile, and nothing waits in the cloud."""
    await aim(andersen_house, site, 20)
    await andersen_house.cloud.fault(Fault.OFFLINE)
    await remove(hass, site)
    await andersen_house.settle()
    told = issue(hass, andersen_house)
    assert told is not None
    assert told.translation_placeholders == {"device": "Drive"}
    assert "userUnlock" not in andersen_house.sent()
    await andersen_house.cloud.fault(Fault.OFFLINE, on=False)
    await andersen_house.pass_time(900, 20)
    assert not andersen_house.wall.user_lock
    assert issue(hass, andersen_house) is None


async def test_what_is_ignored_is_tried_three_times(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Then it is left to the person, who was told after the first."""
    await aim(andersen_house, site, 20)
    await andersen_house.cloud.fault(Fault.IGNORES_COMMANDS)
    await remove(hass, site)
    await andersen_house.settle()
    await andersen_house.pass_time(240, 20)
    assert issue(hass, andersen_house) is None
    await andersen_house.pass_time(3600, 20)
    # No site counts what it may draw, so none is withdrawn.
    assert andersen_house.sent()[-3:] == ["userUnlock"] * 3
    assert andersen_house.sent().count("userUnlock") == 3
    assert issue(hass, andersen_house) is not None
    andersen_house.wall.user_lock = False
    await andersen_house.pass_time(200, 20)
    assert issue(hass, andersen_house) is None


async def test_the_account_is_away_when_the_site_goes(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """It is told at once, and opened at the next start of the account."""
    await aim(andersen_house, site, 20)
    await hass.config_entries.async_unload(andersen_entry.entry_id)
    await remove(hass, site)
    assert issue(hass, andersen_house) is not None
    await hass.config_entries.async_setup(andersen_entry.entry_id)
    await andersen_house.live(andersen_entry)
    await andersen_house.pass_time(600, 20)
    assert not andersen_house.wall.user_lock
    assert issue(hass, andersen_house) is None


async def test_an_account_that_is_disabled_leaves_the_lock_to_its_site(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Nobody would see what it draws; enabled again, the site goes on with it."""
    await aim(andersen_house, site, 20)
    await disable(hass, andersen_entry)
    assert issue(hass, andersen_house) is not None
    await hass.config_entries.async_set_disabled_by(andersen_entry.entry_id, None)
    await andersen_house.live(andersen_entry)
    assert issue(hass, andersen_house) is None
    assert "userUnlock" not in andersen_house.sent()
    await aim(andersen_house, site, 40)
    assert not andersen_house.wall.user_lock


async def test_an_account_that_is_removed_says_what_stays_locked(
    hass: HomeAssistant,
    andersen_house: AndersenHouse,
    andersen_entry: MockConfigEntry,
    site: MockConfigEntry,
) -> None:
    """Also after a restart, for nobody is left who would see it open."""
    await aim(andersen_house, site, 20)
    await remove(hass, andersen_entry)
    told = issue(hass, andersen_house)
    assert told is not None
    assert told.is_persistent
    assert told.translation_placeholders == {"device": "Drive"}
    assert andersen_house.wall.user_lock
    await remove(hass, site)
    assert issue(hass, andersen_house) is not None
