"""Hold the GraphQL documents, word for word those that the server has always seen.

One unknown field fails a whole document, so nothing speculative stands in what is polled.
The operation names are part of the habit and are kept.
"""

from typing import Final

_SLOTS: Final = """
      scheduleSlotsArray {
        startHour startMinute endHour endMinute enabled
        dayMap { monday tuesday wednesday thursday friday saturday sunday }
      }
"""

DEVICES: Final = """
query getCurrentUserDevices {
  getCurrentUserDevices {
    id name
    deviceInfo { id friendlyName }
    deviceStatus { id cfgCTConfig sysFwVersion }
  }
}
"""

DEVICE: Final = (
    """
query getDevice($id: ID!) {
  getDevice(id: $id) {
    id name last_ip_address
    deviceStatus {
      id evseState sysFwVersion sysSchEnabled sysUserLock sysScheduleLock
      sysSch0 sysSch1 sysSch2 sysSch3 sysSch4 cfgCTConfig
"""
    + _SLOTS
    + """
    }
    deviceInfo {
      id currency enableThreePhaseMultiplier friendlyName locationLongitude locationLatitude
      schedule0Name schedule1Name schedule2Name schedule3Name schedule4Name
      address addressPlace addressDistrict addressPostcode addressCountry
      solarOverrideStart notifyRcmErrorEnabled notifyWeeklyReportEnabled
      notifyDeviceOfflineEnabled purpose solarChargeAlways timeZoneRegion userLock
    }
  }
}
"""
)

STATUS: Final = (
    """
query getDeviceStatus($id: ID!) {
  getDevice(id: $id) {
    name
    deviceStatus {
      id konnectSerial online lastEvent lastEventAge
      evseState evseResponseTime evseChargeAmpCurrentLimit
      sysSchEnabled sysUserLock sysScheduleLock
      sysRssi sysSSID sysLan sysTemperature sysFreeMemory sysRuntime
      sysFwVersion sysHwVersion evseFwVersion evseHwVersion
      sysBootup sysOs sysProductId sysProductName sysOtaUpdate
      sysRcmUserCleared sysButton sysFaultCode
      sysVoltageA sysVoltageB sysVoltageC sysAmpA sysAmpB sysAmpC
      sysPowerA sysPowerB sysPowerC sysPhase
      sysSolarCT sysGridCT sysAdaptiveFuse sysTime
      sysSch0 sysSch1 sysSch2 sysSch3 sysSch4
      cfgPENEarthConnected cfgDebugEnable cfgChargeAmpMax cfgChargeAmpMin cfgDSTActive
      sysChargingEnabled sysSchSet
      sysSolarPower sysGridPower sysChargePower sysSolarEnergyDelta sysGridEnergyDelta
      solarMaxGridChargePercent solarChargeAlways solarOverride
      cfgAFEnable cfgAFAmpMax cfgCTConfig
      chargeStatus {
        start chargeEnergyTotal solarEnergyTotal gridEnergyTotal
        chargePower chargePowerMax solarPower gridPower duration
      }
"""
    + _SLOTS
    + """
    }
  }
}
"""
)

CHARGE_LOGS: Final = """
query getDeviceCalculatedChargeLogs(
  $id: ID!, $limit: Int, $offset: Int, $minEnergy: Float, $dateFrom: Date
) {
  getDevice(id: $id) {
    id
    deviceCalculatedChargeLogs(
      limit: $limit, offset: $offset, minEnergy: $minEnergy, dateFrom: $dateFrom
    ) {
      chargeCostTotal chargeEnergyTotal deviceId duration gridCostTotal gridEnergyTotal
      particleFwVersion solarEnergyTotal solarCostTotal startDateTimeLocal
      surplusUsedCostTotal surplusUsedEnergyTotal uuid
    }
  }
}
"""

RUN_COMMAND: Final = """
mutation runAEVCommand($deviceId: ID!, $functionName: String!, $params: String) {
  runAEVCommand(deviceId: $deviceId, functionName: $functionName, params: $params) {
    return_value
  }
}
"""

SET_SCHEDULES: Final = """
mutation setSchedules($deviceId: ID!, $scheduleSlots: ScheduleSlotsInput!) {
  setSchedules(deviceId: $deviceId, scheduleSlots: $scheduleSlots) {
    id name last_app connected return_value
  }
}
"""

DISABLE_SCHEDULES: Final = """
mutation setAllSchedulesDisabled($deviceId: ID!) {
  setAllSchedulesDisabled(deviceId: $deviceId) { id name last_app connected return_value }
}
"""

SOLAR_ARGUMENTS: Final = {
    "override": "Boolean",
    "chargeAlways": "Boolean",
    "maxGridChargePercent": "Int",
}
"""Arguments of `setSolar` with their types."""


def set_solar(*arguments: str) -> str:
    """Return a document that names these arguments only: the others would be reset."""
    declared = ", ".join(f"${name}: {SOLAR_ARGUMENTS[name]}" for name in arguments)
    passed = ", ".join(f"{name}: ${name}" for name in arguments)
    return (
        f"mutation setSolar($deviceId: ID!, {declared}) "
        f"{{ setSolar(deviceId: $deviceId, {passed}) {{ return_value }} }}"
    )


STATUS_UPDATED: Final = (
    """
subscription deviceStatusUpdated($id: ID!) {
  deviceStatusUpdated(id: $id) {
    id sysFwVersion evseState online sysRssi sysSSID lastEvent lastEventAge
    cfgLora0 { cfg epow on rssi eui }
    cfgLora1 { cfg epow on rssi eui }
    cfgLora2 { cfg epow on rssi eui }
    cfgLora3 { cfg epow on rssi eui }
    sysTime sysSch0 sysSch1 sysSch2 sysSch3 sysSch4 sysFaultCode sysChargingEnabled
    cfgPENEarthConnected cfgChargeAmpMax cfgChargeAmpMin cfgDSTActive
    sysSchEnabled sysUserLock sysScheduleLock sysSolarPower sysGridPower
    solarMaxGridChargePercent solarChargeAlways solarOverride cfgCTConfig
    chargeStatus { start chargeEnergyTotal chargePower duration }
"""
    + _SLOTS
    + """
    sysSchDSORandom
  }
}
"""
)
