"""What is planned arrives at the chargers, over the wire."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.busbar.const import DOMAIN
from simulators.warp import WarpSimulator

from .common import told_a
from .test_plan import turn
from .test_site import until
from .test_window_flow import add_window


def last_told_a(warps: list[WarpSimulator]) -> list[float]:
    """Return what each charger was told last."""
    return [told_a(warp)[-1] for warp in warps if told_a(warp)]


async def test_a_window_and_its_switch(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """The charger that it is for is told its current; switched off, it shares with the others again."""
    await until(lambda: len(last_told_a(warps)) == len(warps))
    assert min(last_told_a(warps)) > 8
    await add_window(
        hass,
        site_entry,
        members=["warp_AbCd"],
        start="00:00:00",
        end="00:00:00",
        mode="fixed",
        current=8,
    )
    await until(lambda: last_told_a(warps)[0] == 8)
    assert min(last_told_a(warps)[1:]) > 8
    await turn(hass, "off")
    await until(lambda: last_told_a(warps)[0] > 8)


async def test_a_pause_and_its_end(
    hass: HomeAssistant, site_entry: MockConfigEntry, warps: list[WarpSimulator]
) -> None:
    """Whoever is paused is told 0, although a window wants all there is; resumed, the site decides again."""
    await until(lambda: len(last_told_a(warps)) == len(warps))
    await add_window(hass, site_entry, start="00:00:00", end="00:00:00")
    data = {"duration": {"minutes": 10}}
    await hass.services.async_call(DOMAIN, "pause", data, blocking=True)
    await until(lambda: last_told_a(warps) == [0, 0, 0])
    assert _asked_a(site_entry) == {0}
    await hass.services.async_call(DOMAIN, "resume", {}, blocking=True)
    # They start again after their least time at rest.
    assert _asked_a(site_entry) == {None}


def _asked_a(entry: MockConfigEntry) -> set[float | None]:
    """Return what the modes of the members ask for."""
    members = entry.runtime_data.coordinator.data.members.values()
    return {member.asked_a for member in members}
