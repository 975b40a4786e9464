"""Open an account and follow what it has."""

from custom_components.busbar.chargers.model import (
    Charger,
    HasSchedule,
    HasSettings,
    Pauses,
    Role,
    SetsCurrent,
    SetsPhaseCurrents,
    SwitchesPhases,
)

from .conftest import FIRST, LONE, METER, SECOND, Rig


async def test_everything_is_found_and_nothing_written(rig: Rig) -> None:
    """An account is opened by reading alone."""
    devices = rig.connection.chargers
    assert set(devices) == {
        "easee_circuit_501",
        "easee_circuit_502",
        f"easee_{LONE}",
        f"easee_{FIRST}",
        f"easee_{SECOND}",
        f"easee_{METER}",
    }
    assert rig.cloud.writes == []
    assert rig.changes == 0
    roles = {key: device.capabilities.role for key, device in devices.items()}
    assert roles["easee_circuit_501"] is Role.GROUP
    assert roles[f"easee_{METER}"] is Role.METER
    assert roles[f"easee_{LONE}"] is Role.CHARGER
    assert all(isinstance(device, Charger) for device in devices.values())
    charger = rig.charger()
    for ability in (SetsCurrent, Pauses, SwitchesPhases, HasSchedule, HasSettings):
        assert isinstance(charger, ability)
    assert isinstance(rig.circuit(), SetsPhaseCurrents)
    assert charger.identity.model == "Home"
    assert charger.identity.firmware == "340"
