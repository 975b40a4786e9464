"""Put what the clamps measured into the words of each generation."""

from enum import StrEnum
from typing import Any

from .faults import Fault
from .meter import Clamps, Sample


class Generation(StrEnum):
    """Name the families that speak differently."""

    GEN1 = "gen1"
    """Shelly EM: two channels, `/status`, basic login."""
    GEN1_3EM = "gen1_3em"
    """Shelly 3EM: three channels, one per phase."""
    EM1 = "em1"
    """Generation 2 and later with single-phase channels: RPC, digest login."""
    EM = "em"
    """Generation 2 and later as one three-phase meter."""


FIRST_GENERATION = frozenset({Generation.GEN1, Generation.GEN1_3EM})
CHANNELS = {
    Generation.GEN1: 2,
    Generation.EM1: 2,
    Generation.GEN1_3EM: 3,
    Generation.EM: 3,
}
_TYPES = {Generation.GEN1: "SHEM", Generation.GEN1_3EM: "SHEM-3"}
_MODELS = {Generation.EM1: "S3EM-002CXCEU", Generation.EM: "SPEM-003CEBEU"}
_UNIX_S = 1_790_000_000

type Json = dict[str, Any]


def info(generation: Generation, mac: str, *, has_login: bool, is_meter: bool) -> Json:
    """Answer `/shelly`, which never needs a login."""
    if generation in FIRST_GENERATION:
        kind = _TYPES[generation] if is_meter else "SHSW-1"
        meters = {"num_emeters": CHANNELS[generation]} if is_meter else {}
        return {"type": kind, "mac": mac, "auth": has_login, "fw": "1.14.0", **meters}
    device_id = f"shellyem-{mac.lower()}"
    return {
        "id": device_id,
        "name": None,
        "mac": mac,
        "model": _MODELS[generation] if is_meter else "SNSW-001X16EU",
        "gen": 3 if generation is Generation.EM1 else 2,
        "ver": "1.6.2",
        "app": "EM",
        "auth_en": has_login,
        "auth_domain": device_id if has_login else None,
        "profile": "triphase" if generation is Generation.EM else None,
    }


def status(
    generation: Generation, clamps: Clamps, faults: set[Fault], mac: str
) -> Json:
    """Answer for everything at once."""
    if Fault.EMPTY in faults:
        return {}
    if Fault.NOT_A_METER in faults:
        return {"mac": mac, "sys": {"mac": mac, "uptime": clamps.uptime_s}}
    if generation in FIRST_GENERATION:
        return _first_status(generation, clamps, faults, mac)
    return _later_status(generation, clamps, faults, mac)


def _first_status(
    generation: Generation, clamps: Clamps, faults: set[Fault], mac: str
) -> Json:
    meters = [
        emeter(
            generation,
            sample,
            faults if index == 0 else faults - {Fault.INVALID, Fault.NULL},
        )
        for index, sample in enumerate(clamps.samples)
    ]
    if Fault.MISSING in faults:
        meters = meters[:1]
    unix_s = _UNIX_S + clamps.uptime_s if clamps.uptime_s > 10 else 0
    answer: Json = {
        "wifi_sta": {"connected": True, "rssi": -61},
        "unixtime": unix_s,
        "mac": mac,
        "relays": [{"ison": False, "is_valid": True}],
        "emeters": meters,
        "update": {"has_update": False},
        "uptime": clamps.uptime_s,
    }
    if generation is Generation.GEN1_3EM:
        answer["total_power"] = round(
            sum(sample.power_w for sample in clamps.samples), 2
        )
    return answer


def emeter(generation: Generation, sample: Sample, faults: set[Fault]) -> Json:
    """Answer one channel of the first generation."""
    has_counters = Fault.NO_COUNTERS not in faults
    answer: Json = {
        "power": None if Fault.NULL in faults else round(sample.power_w, 2),
        "pf": round(sample.power_factor, 2),
        "voltage": 0.0 if Fault.NO_VOLTAGE in faults else sample.voltage_v,
        "is_valid": Fault.INVALID not in faults,
        "total": round(sample.imported_wh, 1) if has_counters else -1,
        "total_returned": round(sample.exported_wh, 1) if has_counters else -1,
    }
    if generation is Generation.GEN1_3EM:
        answer["current"] = round(sample.current_a, 2)
    else:
        answer["reactive"] = round(sample.reactive_var, 2)
    if Fault.NO_POWER_FACTOR in faults:
        del answer["pf"]
    return answer


def _later_status(
    generation: Generation, clamps: Clamps, faults: set[Fault], mac: str
) -> Json:
    system: Json = {
        "sys": {"mac": mac, "uptime": clamps.uptime_s},
        "wifi": {"rssi": -58},
    }
    if generation is Generation.EM:
        return system | _three_phases(clamps, faults)
    for index, sample in enumerate(clamps.samples):
        if index and Fault.MISSING in faults:
            break
        marked = faults if index == 0 else faults - {Fault.INVALID, Fault.NULL}
        system[f"em1:{index}"] = em1(index, sample, marked)
        system[f"em1data:{index}"] = _counters(index, sample, marked)
    return system


def em1(index: int, sample: Sample, faults: set[Fault]) -> Json:
    """Answer one channel of the later generations."""
    is_null = Fault.NULL in faults
    answer: Json = {
        "id": index,
        "current": None if is_null else round(sample.current_a, 3),
        "voltage": 0.0 if Fault.NO_VOLTAGE in faults else sample.voltage_v,
        "act_power": None if is_null else round(sample.power_w, 1),
        "aprt_power": None if is_null else round(sample.apparent_va, 1),
        "pf": round(sample.power_factor, 2),
        "freq": 50.0,
        "calibration": "factory",
    }
    if Fault.INVALID in faults:
        answer["errors"] = ["power_meter_failure", "out_of_range:voltage"]
    if Fault.NO_POWER_FACTOR in faults:
        del answer["pf"]
    return answer


def _counters(index: int, sample: Sample, faults: set[Fault]) -> Json:
    if Fault.NO_COUNTERS in faults:
        return {"id": index, "total_act_energy": None, "total_act_ret_energy": None}
    return {
        "id": index,
        "total_act_energy": round(sample.imported_wh, 2),
        "total_act_ret_energy": round(sample.exported_wh, 2),
    }


def _three_phases(clamps: Clamps, faults: set[Fault]) -> Json:
    meter: Json = {"id": 0, "n_current": None}
    counters: Json = {"id": 0}
    for index, (phase, sample) in enumerate(zip("abc", clamps.samples, strict=True)):
        if index and Fault.MISSING in faults:
            break
        marked = faults if index == 0 else faults - {Fault.INVALID, Fault.NULL}
        for key, value in em1(index, sample, marked).items():
            if key not in {"id", "calibration"}:
                meter[f"{phase}_{key}"] = value
        for key, value in _counters(index, sample, marked).items():
            if key != "id":
                counters[f"{phase}_{key}"] = value
    meter["total_act_power"] = round(
        sum(sample.power_w for sample in clamps.samples), 1
    )
    return {"em:0": meter, "emdata:0": counters}
