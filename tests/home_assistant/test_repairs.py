"""What a person agrees to is mended once, and said to be mended when the charger says so."""

import asyncio
from typing import Any

from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar import errors
from custom_components.busbar.chargers.errors import Unsupported
from custom_components.busbar.chargers.model import StoresFallback
from custom_components.busbar.const import DOMAIN
from custom_components.busbar.issues import STORED_LIMIT_ENDS_HIGHER
from simulators.easee import LONE_ID, Switches
from tests.repository.common import english, placeholders

from .acting import coordinator_of
from .easee_house import CHARGER, LEFT, EaseeHouse
from .easee_site import set_target


@pytest.fixture
async def issue(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_site: MockConfigEntry
) -> str:
    """Return the issue of a circuit that would go to 16 A without its cloud."""
    assert await async_setup_component(hass, "repairs", {})
    easee_house.cloud.circuits[LONE_ID].offline_a = (16.0, 16.0, 16.0)
    await set_target(hass, easee_house, 20)
    await easee_house.until(lambda: bool(shown(hass)))
    (issue_id,) = shown(hass)
    return issue_id


def shown(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the issues that offer to be mended."""
    return {
        issue.issue_id: issue
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active and issue.is_fixable
    }


async def begin(hass: HomeAssistant, issue_id: str) -> Any:
    """Open the issue; the oldest Home Assistant wants its id in the data, the newest in the context."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    which: Any = {"issue_id": issue_id}
    return await manager.async_init(DOMAIN, context=which, data=which)


async def agree(hass: HomeAssistant, house: EaseeHouse, form: Any) -> Any:
    """Submit the form, and let time pass while it waits."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    submitted = asyncio.ensure_future(manager.async_configure(form["flow_id"], {}))
    while not submitted.done():
        await house.pass_time(1)
    return submitted.result()


def offline_a(house: EaseeHouse) -> tuple[float, ...]:
    """Return what the circuit would go to."""
    return house.cloud.circuits[LONE_ID].offline_a


async def test_it_is_written_once_and_gone(
    hass: HomeAssistant, easee_house: EaseeHouse, issue: str
) -> None:
    """The form names the circuit and both currents; submitting writes, and the issue goes."""
    assert shown(hass)[issue].translation_key == STORED_LIMIT_ENDS_HIGHER
    form = await begin(hass, issue)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "confirm"
    given = form["description_placeholders"]
    assert given["holder"] == "Home Panel 1"
    assert given["present_a"] == "16"
    assert given["proposed_a"] == "10"
    assert easee_house.cloud.persistent_writes == []
    done = await agree(hass, easee_house, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert [write.body for write in easee_house.cloud.persistent_writes] == [
        {f"offlineMaxCircuitCurrentP{phase}": 10 for phase in (1, 2, 3)}
    ]
    assert offline_a(easee_house) == (10, 10, 10)
    await easee_house.pass_time(30)
    assert shown(hass) == {}
    assert len(easee_house.cloud.persistent_writes) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [("commands_503", "connection_failed"), ("commands_400", "rejected")],
)
async def test_a_refusal_is_shown_and_can_be_repeated(
    hass: HomeAssistant, easee_house: EaseeHouse, issue: str, fault: str, error: str
) -> None:
    """In the form, in words; nothing was written, and the next attempt goes through."""
    switches = Switches(easee_house.cloud)
    form = await begin(hass, issue)
    await switches.switch(fault, on=True)
    form = await agree(hass, easee_house, form)
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"base": error}
    assert form["description_placeholders"]["proposed_a"] == "10"
    assert offline_a(easee_house) == (16, 16, 16)
    assert easee_house.cloud.persistent_writes == []
    assert issue in shown(hass)
    await switches.switch(fault, on=False)
    done = await agree(hass, easee_house, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert offline_a(easee_house) == (10, 10, 10)
    assert len(easee_house.cloud.persistent_writes) == 1


async def test_what_is_not_reported_is_not_called_mended(
    hass: HomeAssistant, easee_house: EaseeHouse, issue: str
) -> None:
    """The cloud took it and the circuit did not: the issue stays, until the circuit says so."""
    cloud = easee_house.cloud
    cloud.faults.swallows_commands = True
    ended = await agree(hass, easee_house, await begin(hass, issue))
    assert ended["type"] is FlowResultType.ABORT
    assert ended["reason"] == "not_reported"
    await easee_house.pass_time(30)
    assert issue in shown(hass)
    cloud.faults.swallows_commands = False
    cloud.circuits[LONE_ID].offline_a = (10.0, 10.0, 10.0)
    await easee_house.until(lambda: not shown(hass))


async def test_looking_again_shows_the_same_form(
    hass: HomeAssistant, easee_house: EaseeHouse, issue: str
) -> None:
    """A browser that is loaded anew asks for the form, and agrees to nothing."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    form = await begin(hass, issue)
    again = await manager.async_configure(form["flow_id"])
    assert again["step_id"] == "confirm"
    assert again["description_placeholders"] == form["description_placeholders"]
    assert easee_house.cloud.persistent_writes == []


async def test_a_share_below_the_minimum_becomes_zero(
    hass: HomeAssistant, easee_house: EaseeHouse, issue: str
) -> None:
    """No limit between 0 and 6 A means anything to a vehicle."""
    await set_target(hass, easee_house, 0)
    form = await begin(hass, issue)
    assert form["description_placeholders"]["proposed_a"] == "0"


def report_by_hand(hass: HomeAssistant, site: str, charger: str) -> str:
    """Leave an issue behind that was found before something changed, and return its id."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        "left_behind",
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=STORED_LIMIT_ENDS_HIGHER,
        translation_placeholders={"subject": "Carport", "site": "Home"},
        data={"site": site, "charger": charger},
    )
    return "left_behind"


async def test_what_is_mended_already_is_not_written(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_site: MockConfigEntry
) -> None:
    """Somebody lowered it in the app meanwhile."""
    assert await async_setup_component(hass, "repairs", {})
    issue_id = report_by_hand(hass, easee_site.entry_id, CHARGER)
    done = await begin(hass, issue_id)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert shown(hass) == {}
    assert easee_house.cloud.persistent_writes == []


@pytest.mark.parametrize("charger", ["warp_AbCd", LEFT, "easee_EH999999"])
async def test_what_cannot_be_mended_here_is_said(
    hass: HomeAssistant, easee_site: MockConfigEntry, charger: str
) -> None:
    """A charger that stores none, one of another site, one that is gone."""
    assert await async_setup_component(hass, "repairs", {})
    issue_id = report_by_hand(hass, easee_site.entry_id, charger)
    ended = await begin(hass, issue_id)
    assert ended["reason"] == "not_loaded"
    assert ended["description_placeholders"] == {"subject": "Carport", "site": "Home"}
    assert issue_id in shown(hass)


async def test_without_its_site_or_the_right_to_it(
    hass: HomeAssistant, easee_house: EaseeHouse, easee_site: MockConfigEntry
) -> None:
    """There is no share without a site, and no limit of a circuit that the account may not touch."""
    assert await async_setup_component(hass, "repairs", {})
    gone = await begin(hass, report_by_hand(hass, "no site", CHARGER))
    assert gone["reason"] == "not_loaded"
    easee_house.cloud.fault("/circuits/", status=403, body={"message": "Forbidden"})
    await set_target(hass, easee_house, 20)
    await easee_house.pass_time(10)
    refused = await begin(hass, report_by_hand(hass, easee_site.entry_id, CHARGER))
    assert refused["reason"] == "not_loaded"


def test_every_failure_has_words() -> None:
    """The form shows what a command failed with, so each kind of it needs a text there."""
    texts = english()["issues"][STORED_LIMIT_ENDS_HIGHER]["fix_flow"]["error"]
    assert set(texts) == {row.key for row in errors._FAILURES.values()}
    assert all(
        placeholders(text) <= {"device", "reason", "seconds"} for text in texts.values()
    )


async def test_what_can_be_mended_is_a_capability(
    easee_house: EaseeHouse, easee_entry: MockConfigEntry
) -> None:
    """A charger that shares its circuit has no lease, and so nothing that ends upwards."""
    shared = coordinator_of(easee_entry, LEFT).charger
    assert isinstance(shared, StoresFallback)
    assert shared.stored_fallback is None
    with pytest.raises(Unsupported):
        await shared.store_fallback(6)
    assert easee_house.cloud.persistent_writes == []
