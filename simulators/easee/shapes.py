"""Put sites, circuits and chargers into the JSON that the cloud answers."""

from typing import Any

from .charger import SimCharger
from .plant import SimCircuit, SimEqualizer, SimSite

CREATED = "2024-05-01T08:00:00+00:00"
GHOST: dict[str, Any] = {
    "id": None,
    "name": None,
    "productCode": 1,
    "levelOfAccess": None,
    "backPlate": None,
}


def charger_shape(charger: SimCharger, circuit: SimCircuit | None) -> dict[str, Any]:
    """Return a charger as every list has it."""
    backplate = None
    if circuit is not None and circuit.master is not None:
        backplate = {
            "id": f"BP{charger.id}",
            "masterBackPlateId": f"BP{circuit.master.id}",
            "name": "",
            "circuitId": circuit.id,
            "features": None,
        }
    return {
        "id": charger.id,
        "name": charger.name,
        "color": 4,
        "createdOn": CREATED,
        "updatedOn": CREATED,
        "backPlate": backplate,
        "levelOfAccess": 1,
        "productCode": charger.product_code,
        "userRole": 1,
        "isTemporary": False,
    }


def circuit_shape(site: SimSite, circuit: SimCircuit, *, ghost: bool) -> dict[str, Any]:
    """Return a circuit with its chargers."""
    chargers = [charger_shape(one, circuit) for one in circuit.chargers]
    return {
        "id": circuit.id,
        "siteId": site.id,
        "circuitPanelId": circuit.panel_id,
        "panelName": circuit.panel_name,
        "ratedCurrent": circuit.rated_a,
        "chargers": [GHOST, *chargers] if ghost else chargers,
        "masterBackplate": None,
        "useDynamicMaster": False,
        "parentCircuitId": None,
    }


def equalizer_shape(site: SimSite, equalizer: SimEqualizer) -> dict[str, Any]:
    """Return a grid meter."""
    circuit_id = site.circuits[0].id if site.circuits else None
    return {
        "id": equalizer.id,
        "name": equalizer.name,
        "siteId": site.id,
        "circuitId": circuit_id,
    }


def product_shape(
    site: SimSite, *, ghost: bool = False, null_circuits: bool = False
) -> dict[str, Any]:
    """Return a site with what the account may use of it."""
    circuits = [circuit_shape(site, one, ghost=ghost) for one in site.circuits]
    return {
        "id": site.id,
        "siteKey": site.key,
        "name": site.name,
        "levelOfAccess": 1,
        "circuits": None if null_circuits else circuits,
        "equalizers": [equalizer_shape(site, one) for one in site.equalizers],
    }


def site_shape(
    site: SimSite, *, ghost: bool = False, null_circuits: bool = False
) -> dict[str, Any]:
    """Return a site in detail, private things included."""
    return {
        **product_shape(site, ghost=ghost, null_circuits=null_circuits),
        "address": {"street": "Secret Street 7", "zip": "12345"},
        "contactInfo": {"ownerEmail": "anna@example.com"},
        "costPerKWh": site.price_per_kwh,
        "costPerKwhExcludeVat": round(site.price_per_kwh / 1.19, 4),
        "vat": 19.0,
        "currencyId": "EUR",
        "siteType": 1,
        "ratedCurrent": site.rated_a,
        "partnerId": 1,
        "installerId": None,
        "useDynamicMaster": False,
        "createdOn": CREATED,
        "updatedOn": CREATED,
        "userRole": 1,
    }


def config_shape(charger: SimCharger, circuit: SimCircuit) -> dict[str, Any]:
    """Return the configuration of a charger."""
    settings = charger.settings
    return {
        "isEnabled": settings.enabled,
        "lockCablePermanently": settings.lockCablePermanently,
        "authorizationRequired": settings.authorizationRequired,
        "remoteStartRequired": settings.remoteStartRequired,
        "smartButtonEnabled": settings.smartButtonEnabled,
        "wiFiSSID": "secret-network",
        "detectedPowerGridType": charger.grid_type,
        "offlineChargingMode": settings.offlineChargingMode,
        "circuitMaxCurrentP1": circuit.maximum_a[0],
        "circuitMaxCurrentP2": circuit.maximum_a[1],
        "circuitMaxCurrentP3": circuit.maximum_a[2],
        "enableIdleCurrent": settings.enableIdleCurrent,
        "limitToSinglePhaseCharging": settings.limitToSinglePhaseCharging,
        "phaseMode": settings.phaseMode,
        "localNodeType": 1 if charger is circuit.master else 3,
        "maxChargerCurrent": settings.maxChargerCurrent,
        "ledStripBrightness": settings.ledStripBrightness,
        "chargingSchedule": None,
    }


def circuit_settings_shape(circuit: SimCircuit) -> dict[str, Any]:
    """Return the limits of a circuit."""
    master = circuit.master
    answer: dict[str, Any] = {
        "masterChargerId": None if master is None else master.id,
        "equalizerId": None,
        "allowOfflineMaxCircuitCurrent": True,
        "enableIdleCurrent": False,
    }
    for name, values in (
        ("dynamicCircuitCurrent", circuit.dynamic_a),
        ("maxCircuitCurrent", circuit.maximum_a),
        ("offlineMaxCircuitCurrent", circuit.offline_a),
    ):
        for phase, value in enumerate(values, 1):
            answer[f"{name}P{phase}"] = value
    return answer
