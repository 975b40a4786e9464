"""Turn what a Shelly energy meter answers into values. Pure.

Two families: the first generation answers `emeters`, the later ones components called `em1:0` (one
channel) or `em:0` (three phases). Plus is import, with the arrow on the clamp as printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any, Final

NOMINAL_V: Final = 230.0
PHASES: Final = "abc"

CHANNEL_INVALID: Final = "channel_invalid"
CHANNEL_MISSING: Final = "channel_missing"
POWER_METER_FAILURE: Final = "power_meter_failure"
OUT_OF_RANGE: Final = "out_of_range"
CLAMP_NOT_SET: Final = "clamp_not_set"
ERROR_KEYS: Final = (
    CHANNEL_INVALID,
    CHANNEL_MISSING,
    POWER_METER_FAILURE,
    OUT_OF_RANGE,
    CLAMP_NOT_SET,
)
_ERRORS: Final = {
    "power_meter_failure": POWER_METER_FAILURE,
    "out_of_range": OUT_OF_RANGE,
    "ct_type_not_set": CLAMP_NOT_SET,
}
_FIRST_TYPES: Final = {"SHEM": "Shelly EM", "SHEM-3": "Shelly 3EM"}
_LATER_MODELS: Final = {
    "SPEM-002": "Shelly Pro EM-50",
    "SPEM-003": "Shelly Pro 3EM",
    "S3EM-002": "Shelly EM Gen3",
    "S3EM-003": "Shelly 3EM-63 Gen3",
    "S4EM-001P": "Shelly EM Mini Gen4",
    "S4EM-001C": "Shelly EM-63 Gen4",
    "S4EM-002": "Shelly EM Gen4",
}

type Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceInfo:
    """Who a device is, as `/shelly` tells anybody."""

    mac: str
    generation: int
    model: str
    model_id: str
    firmware: str | None
    needs_login: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """What one clamp says; everything `None` but `error` where it is not to be believed."""

    power_w: float | None = None
    current_a: float | None = None
    """Signed like the power."""
    apparent_va: float | None = None
    """Apparent power, without a sign; `None` where the device tells nothing beside the active one."""
    voltage_v: float | None = None
    imported_kwh: float | None = None
    exported_kwh: float | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One answer: all channels at the same instant."""

    mac: str | None
    uptime_s: float | None
    channels: Mapping[int, Channel]
    is_three_phase: bool = False
    """The channels are the phases of one meter."""
    signal_dbm: float | None = None


def parse_info(answer: object) -> DeviceInfo | None:
    """Return who answers, `None` when it is no Shelly or no energy meter that we know."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("mac"), str):
        return None
    generation = answer.get("gen", 1)
    if generation == 1:
        model_id = str(answer.get("type"))
        model = _FIRST_TYPES.get(model_id)
        firmware, needs_login = answer.get("fw"), answer.get("auth")
    else:
        model_id = str(answer.get("model"))
        model = _later_model(model_id)
        firmware, needs_login = answer.get("ver"), answer.get("auth_en")
    if model is None or not isinstance(generation, int):
        return None
    return DeviceInfo(
        mac=answer["mac"].upper(),
        generation=generation,
        model=model,
        model_id=model_id,
        firmware=firmware if isinstance(firmware, str) else None,
        needs_login=bool(needs_login),
    )


def _later_model(model_id: str) -> str | None:
    for prefix, model in _LATER_MODELS.items():
        if model_id.startswith(prefix):
            return model
    # A meter that is newer than this list: its status tells whether it measures.
    return "Shelly energy meter" if "EM-" in model_id else None


def parse_first(answer: Json) -> Reading:
    """Read `/status` of the first generation."""
    emeters = answer.get("emeters")
    meters = emeters if isinstance(emeters, list) else []
    return Reading(
        mac=_mac(answer.get("mac")),
        uptime_s=number(answer.get("uptime")),
        channels={
            index: _first_channel(meter)
            for index, meter in enumerate(meters)
            if isinstance(meter, Mapping)
        },
        is_three_phase=len(meters) == len(PHASES),
        signal_dbm=_signal(answer.get("wifi_sta")),
    )


def _first_channel(meter: Json) -> Channel:
    power_w = number(meter.get("power"))
    if meter.get("is_valid") is not True or power_w is None:
        return Channel(error=CHANNEL_INVALID)
    voltage_v = _voltage(meter.get("voltage"))
    told_a = number(meter.get("current"))
    apparent_va = _apparent(
        power_w,
        told_va=_product(told_a, voltage_v),
        reactive_var=number(meter.get("reactive")),
        power_factor=number(meter.get("pf")),
    )
    return Channel(
        power_w=power_w,
        voltage_v=voltage_v,
        apparent_va=apparent_va,
        current_a=_current(power_w, voltage_v, apparent_va, told_a),
        imported_kwh=_kwh(meter.get("total")),
        exported_kwh=_kwh(meter.get("total_returned")),
    )


def parse_later(answer: Json) -> Reading:
    """Read `Shelly.GetStatus` of the later generations."""
    system = answer.get("sys")
    told: Json = system if isinstance(system, Mapping) else {}
    three = answer.get("em:0")
    if isinstance(three, Mapping):
        channels = _three_channels(three, answer.get("emdata:0"))
    else:
        channels = _single_channels(answer)
    return Reading(
        mac=_mac(told.get("mac")),
        uptime_s=number(told.get("uptime")),
        channels=channels,
        is_three_phase=isinstance(three, Mapping),
        signal_dbm=_signal(answer.get("wifi")),
    )


def _single_channels(answer: Json) -> dict[int, Channel]:
    channels: dict[int, Channel] = {}
    for key, meter in answer.items():
        kind, _, index = key.partition(":")
        if kind == "em1" and index.isdecimal() and isinstance(meter, Mapping):
            channels[int(index)] = _later_channel(
                meter, answer.get(f"em1data:{index}"), ""
            )
    return channels


def _three_channels(meter: Json, counters: object) -> dict[int, Channel]:
    return {
        index: _later_channel(meter, counters, f"{phase}_")
        for index, phase in enumerate(PHASES)
        if f"{phase}_act_power" in meter
    }


def _later_channel(meter: Json, counters: object, prefix: str) -> Channel:
    power_w = number(meter.get(f"{prefix}act_power"))
    errors = meter.get(f"{prefix}errors")
    if errors and isinstance(errors, list):
        return Channel(error=_error(str(errors[0])))
    if power_w is None:
        return Channel(error=CHANNEL_INVALID)
    voltage_v = _voltage(meter.get(f"{prefix}voltage"))
    told_a = number(meter.get(f"{prefix}current"))
    apparent_va = _apparent(
        power_w,
        told_va=number(meter.get(f"{prefix}aprt_power")),
        power_factor=number(meter.get(f"{prefix}pf")),
    )
    told: Json = counters if isinstance(counters, Mapping) else {}
    return Channel(
        power_w=power_w,
        voltage_v=voltage_v,
        apparent_va=apparent_va,
        current_a=_current(power_w, voltage_v, apparent_va, told_a),
        imported_kwh=_kwh(told.get(f"{prefix}total_act_energy")),
        exported_kwh=_kwh(told.get(f"{prefix}total_act_ret_energy")),
    )


def _error(text: str) -> str:
    """Return our key for an error such as `out_of_range:voltage`."""
    return _ERRORS.get(text.partition(":")[0], CHANNEL_INVALID)


def _apparent(
    power_w: float,
    *,
    told_va: float | None = None,
    reactive_var: float | None = None,
    power_factor: float | None = None,
) -> float | None:
    """Return the apparent power by whatever tells of it; the sign of the power factor says nothing."""
    if told_va is not None:
        return abs(told_va)
    if reactive_var is not None:
        return math.hypot(power_w, reactive_var)
    if power_factor is not None and 0.1 <= abs(power_factor) <= 1:
        return abs(power_w / power_factor)
    return None


def _current(
    power_w: float,
    voltage_v: float | None,
    apparent_va: float | None,
    told_a: float | None,
) -> float:
    """Return the current, signed like the power.

    What heats a fuse is the apparent current, so reactive power counts where it is told.
    """
    if told_a is not None:
        return math.copysign(told_a, power_w)
    size_va = abs(power_w) if apparent_va is None else apparent_va
    return math.copysign(size_va / (voltage_v or NOMINAL_V), power_w)


def _product(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one * other


def number(value: object) -> float | None:
    """Return a finite number, `None` for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _voltage(value: object) -> float | None:
    """Return the voltage; 0 means that it was not measured."""
    volts = number(value)
    return volts or None


def _kwh(value: object) -> float | None:
    """Return kWh of a counter in Wh; -1 means that it is not known."""
    watt_hours = number(value)
    return None if watt_hours is None or watt_hours < 0 else watt_hours / 1000


def _mac(value: object) -> str | None:
    return value.upper() if isinstance(value, str) else None


def _signal(wireless: object) -> float | None:
    if not isinstance(wireless, Mapping):
        return None
    signal = number(wireless.get("rssi"))
    return signal if signal is not None and signal < 0 else None
