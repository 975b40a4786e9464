"""Furnish a cloud with sites, circuits, chargers and meters."""

from collections.abc import Callable

from simulators.world import Car, CarSpec, PhaseAmps

from .charger import SimCharger
from .cloud import EaseeSimulator
from .limits import all_phases
from .plant import SimCircuit, SimEqualizer, SimSite

HOME_ID = 1001
LONE_ID, SHARED_ID = 501, 502
LONE, FIRST, SECOND, METER = "EH000001", "EH000002", "EH000003", "QP000001"


def add_site(
    cloud: EaseeSimulator, site_id: int = HOME_ID, name: str = "Home"
) -> SimSite:
    """Add a place without circuits."""
    site = SimSite(id=site_id, name=name, key=f"KEY-{site_id}")
    cloud.sites.append(site)
    return site


def add_circuit(
    site: SimSite, circuit_id: int, *, rated_a: float = 32.0, offline_a: float = 16.0
) -> SimCircuit:
    """Add a circuit without chargers."""
    panel_id = len(site.circuits) + 1
    circuit = SimCircuit(
        id=circuit_id,
        panel_id=panel_id,
        panel_name=f"Panel {panel_id}",
        rated_a=rated_a,
        maximum_a=all_phases(rated_a),
        offline_a=all_phases(offline_a),
    )
    site.circuits.append(circuit)
    return circuit


def add_charger(
    cloud: EaseeSimulator, circuit: SimCircuit, charger_id: str, name: str
) -> SimCharger:
    """Add a charger; the first of a circuit is its master."""
    charger = SimCharger(
        id=charger_id, name=name, observed=cloud.new_observed(charger_id)
    )
    charger.observed.report(146, 3 if circuit.chargers else 1)
    circuit.chargers.append(charger)
    return charger


def add_equalizer(
    cloud: EaseeSimulator,
    site: SimSite,
    meter_id: str = METER,
    currents_a: Callable[[], PhaseAmps] | None = None,
) -> SimEqualizer:
    """Add a grid meter; without a source it sees the site's chargers alone."""

    def chargers_a() -> PhaseAmps:
        first, second, third = 0.0, 0.0, 0.0
        for circuit in site.circuits:
            drawn_a = circuit.drawn_a
            first, second, third = (
                first + drawn_a[0],
                second + drawn_a[1],
                third + drawn_a[2],
            )
        return first, second, third

    equalizer = SimEqualizer(
        id=meter_id,
        name="Equalizer",
        observed=cloud.new_observed(meter_id),
        currents_a=currents_a or chargers_a,
    )
    site.equalizers.append(equalizer)
    return equalizer


def furnish(cloud: EaseeSimulator) -> SimSite:
    """Build one home: a charger of its own circuit, two that share one, and a meter."""
    site = add_site(cloud)
    lone = add_circuit(site, LONE_ID, rated_a=16.0, offline_a=6.0)
    add_charger(cloud, lone, LONE, "Carport")
    shared = add_circuit(site, SHARED_ID)
    add_charger(cloud, shared, FIRST, "Garage left")
    add_charger(cloud, shared, SECOND, "Garage right")
    add_equalizer(cloud, site)
    return site


def plug_in(cloud: EaseeSimulator, charger_id: str, spec: CarSpec | None = None) -> Car:
    """Let a car arrive."""
    car = Car(spec)
    cloud.chargers[charger_id].plug_in(car, cloud.clock.now())
    return car
