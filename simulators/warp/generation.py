"""Describe how the generations of the family differ, as one table."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Generation(StrEnum):
    """Name a product by what `info/name` says in `type`."""

    WARP = "warp"
    WARP2 = "warp2"
    WARP3 = "warp3"
    WARP4 = "warp4"
    WEM = "wem"


class MeterClass(IntEnum):
    """Number the first element of `meters/N/config`."""

    NONE = 0
    RS485 = 1
    EVSE = 2
    ENERGY_MANAGER = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerationSpec:
    """Hold what a device of one generation starts with."""

    display_name: str
    evse_version: int
    """0: no charge controller at all."""
    features: tuple[str, ...]
    slots: int
    meter_slots: int
    meter_class: MeterClass
    group_members: int
    body_bytes: int
    dump_frame_bytes: int
    contactor_states: tuple[int, int]
    """`contactor_state` while not charging and while charging."""

    @property
    def has_evse(self) -> bool:
        """Whether it is a charger."""
        return self.evse_version > 0

    @property
    def is_first(self) -> bool:
        """Whether it is a WARP1 (no control pilot switch, no DC fault sensor)."""
        return 0 < self.evse_version < 20

    @property
    def switches_phases(self) -> bool:
        """Whether its own controller can go from three phases to one."""
        return self.evse_version >= 30


METER_FEATURES = ("meters", "meter", "meter_phases", "meter_all_values")
"""Features that appear only once the meter was read."""

SPECS: dict[Generation, GenerationSpec] = {
    Generation.WARP: GenerationSpec(
        display_name="WARP Charger",
        evse_version=15,
        features=("evse", *METER_FEATURES, "nfc", "firmware_update"),
        slots=15,
        meter_slots=2,
        meter_class=MeterClass.RS485,
        group_members=10,
        body_bytes=4352,
        dump_frame_bytes=2000,
        contactor_states=(1, 3),
    ),
    Generation.WARP2: GenerationSpec(
        display_name="WARP2 Charger",
        evse_version=20,
        features=(
            "evse",
            "cp_disconnect",
            "button_configuration",
            "evse_gp_output",
            *METER_FEATURES,
            "nfc",
            "rtc",
            "ethernet",
            "firmware_update",
        ),
        slots=18,
        meter_slots=5,
        meter_class=MeterClass.EVSE,
        group_members=64,
        body_bytes=10240,
        dump_frame_bytes=3000,
        contactor_states=(1, 3),
    ),
    Generation.WARP3: GenerationSpec(
        display_name="WARP3 Charger",
        evse_version=30,
        features=(
            "evse",
            "cp_disconnect",
            "phase_switch",
            "button_configuration",
            "rgb_led",
            *METER_FEATURES,
            "nfc",
            "rtc",
            "ethernet",
            "firmware_update",
        ),
        slots=18,
        meter_slots=5,
        meter_class=MeterClass.EVSE,
        group_members=64,
        body_bytes=10240,
        dump_frame_bytes=3000,
        contactor_states=(16, 19),
    ),
    Generation.WARP4: GenerationSpec(
        display_name="WARP4 Charger",
        evse_version=40,
        features=(
            "evse",
            "cp_disconnect",
            "phase_switch",
            "button_configuration",
            "rgb_led",
            *METER_FEATURES,
            "nfc",
            "rtc",
            "ethernet",
            "iso15118",
            "firmware_update",
        ),
        slots=18,
        meter_slots=5,
        meter_class=MeterClass.EVSE,
        group_members=64,
        body_bytes=10240,
        dump_frame_bytes=3000,
        contactor_states=(16, 19),
    ),
    Generation.WEM: GenerationSpec(
        display_name="WARP Energy Manager",
        evse_version=0,
        features=(
            "meters",
            "energy_manager",
            "phase_switch",
            "rtc",
            "ethernet",
            "firmware_update",
        ),
        slots=0,
        meter_slots=7,
        meter_class=MeterClass.ENERGY_MANAGER,
        group_members=64,
        body_bytes=10240,
        dump_frame_bytes=3000,
        contactor_states=(0, 0),
    ),
}
