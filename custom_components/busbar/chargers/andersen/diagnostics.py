"""Show what the wire says to a person who looks for a fault. Pure.

A list of what may be shown, not of what may not: nobody knows what the cloud will add tomorrow.
"""

from collections.abc import Mapping
from typing import Final

from .reports import Reports

SHOWN: Final = (
    "online",
    "lastEvent",
    "lastEventAge",
    "evseState",
    "evseResponseTime",
    "evseChargeAmpCurrentLimit",
    "sysSchEnabled",
    "sysUserLock",
    "sysScheduleLock",
    "sysChargingEnabled",
    "sysSchSet",
    "sysRssi",
    "sysTemperature",
    "sysFreeMemory",
    "sysRuntime",
    "sysFwVersion",
    "sysHwVersion",
    "evseFwVersion",
    "evseHwVersion",
    "sysOs",
    "sysProductId",
    "sysProductName",
    "sysOtaUpdate",
    "sysRcmUserCleared",
    "sysFaultCode",
    "sysVoltageA",
    "sysVoltageB",
    "sysVoltageC",
    "sysAmpA",
    "sysAmpB",
    "sysAmpC",
    "sysPowerA",
    "sysPowerB",
    "sysPowerC",
    "sysPhase",
    "sysSolarCT",
    "sysGridCT",
    "sysAdaptiveFuse",
    "sysTime",
    "sysSch0",
    "sysSch1",
    "sysSch2",
    "sysSch3",
    "sysSch4",
    "sysSchDSORandom",
    "cfgPENEarthConnected",
    "cfgChargeAmpMax",
    "cfgChargeAmpMin",
    "cfgDSTActive",
    "cfgAFEnable",
    "cfgAFAmpMax",
    "cfgCTConfig",
    "sysSolarPower",
    "sysGridPower",
    "sysChargePower",
    "sysSolarEnergyDelta",
    "sysGridEnergyDelta",
    "solarMaxGridChargePercent",
    "solarChargeAlways",
    "solarOverride",
    "chargeStatus",
    "scheduleSlotsArray",
)
SHOWN_INFO: Final = ("currency", "enableThreePhaseMultiplier", "timeZoneRegion")


def diagnostics_of(reports: Reports) -> Mapping[str, object]:
    """Return the last report and what became of our commands."""
    memory = reports.memory
    record = memory.record
    return {
        "status": {key: reports.wire[key] for key in SHOWN if key in reports.wire},
        "info": {key: reports.info[key] for key in SHOWN_INFO if key in reports.info},
        "pending": [
            {"command": pending.kind.value, "sent_at": pending.sent_at}
            for pending in reports.pending
        ],
        "to_restore": record.to_state() if record is not None else None,
        "is_locked_by_us": memory.ownership.is_ours,
        "is_claimed": memory.ownership.is_claimed,
        "power_unit": memory.power_unit.value if memory.power_unit else None,
        "charges_known": len(memory.ledger.recent),
        "charges_complete": memory.ledger.is_complete,
    }
