"""Find what an account has: sites, circuits, chargers and Equalizers, however oddly listed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
import logging
from typing import Any

from ..errors import AuthenticationFailed, ChargerError, ConnectionFailed
from .budget import Kind
from .client import Client
from .library import LibraryCharger, LibraryCircuit, LibraryEqualizer, LibrarySite

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundCircuit:
    """A circuit with the ids of the chargers on it."""

    id: int
    site_id: int
    name: str
    rated_a: float | None
    chargers: tuple[str, ...]
    master: str | None

    @property
    def path(self) -> str:
        """Where the cloud answers for it."""
        return f"/api/sites/{self.site_id}/circuits/{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundCharger:
    """A charger, through the library's object."""

    id: str
    name: str
    product_code: int | None
    circuit_id: int | None
    site_id: int | None
    library: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundMeter:
    """An Equalizer, through the library's object."""

    id: str
    name: str
    library: Any


@dataclass(kw_only=True, slots=True)
class Topology:
    """All that an account has, by id."""

    circuits: dict[int, FoundCircuit] = field(default_factory=dict)
    chargers: dict[str, FoundCharger] = field(default_factory=dict)
    meters: dict[str, FoundMeter] = field(default_factory=dict)
    is_complete: bool = True
    """False where a site did not answer; what is missing may well be there."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found at all."""
        return not self.chargers and not self.meters


async def discover(client: Client) -> Topology:
    """Return what the account has; raises ChargerError only if nothing could be asked."""
    found = Topology()
    try:
        products = await _records(client, "/api/accounts/products")
    except ConnectionFailed:
        # The sites list can answer though this one does not, but it may name less.
        products, found.is_complete = [], False
    sites = [site for site in products if site.get("circuits") is not None]
    # The products list can be empty, and its circuits null, though the sites list is not.
    others = [site for site in products if site.get("circuits") is None]
    if not products:
        others = await _records(client, "/api/sites")
    for site in others:
        detail = await _detail(client, site.get("id"))
        if detail is None:
            found.is_complete = False
        elif detail:
            sites.append(detail)
    for site in sites:
        _add_site(found, site, client)
    await _add_loose_chargers(found, client)
    if found.is_empty and not found.is_complete:
        raise ConnectionFailed("no site of the account answered")
    return found


async def _detail(client: Client, site_id: object) -> dict[str, Any] | None:
    """Return a site with its circuits; `None` if it does not answer now."""
    if site_id is None:
        return {}
    try:
        answer = await client.get(Kind.SITE, f"/api/sites/{site_id}?detailed=true")
    except AuthenticationFailed:
        raise
    except ChargerError as error:
        _LOGGER.debug("A site did not answer: %s", type(error).__name__)
        return None
    return answer if isinstance(answer, dict) else {}


async def _records(client: Client, path: str) -> list[dict[str, Any]]:
    """Return the objects of a list, without what is none."""
    answer = await client.get(Kind.OTHER, path)
    return list(_objects(answer))


def _objects(answer: object) -> Iterator[dict[str, Any]]:
    """Go through the objects of a list; `null` and anything else is passed over."""
    for record in answer if isinstance(answer, list) else []:
        if isinstance(record, dict):
            yield record


def _add_site(found: Topology, record: dict[str, Any], client: Client) -> None:
    """Add what hangs below one site."""
    if record.get("id") is None:
        return
    site = LibrarySite({"name": "", **record}, client.account)
    for raw in _objects(record.get("circuits")):
        if raw.get("id") is None:
            continue
        circuit = LibraryCircuit(raw, site, client.account)
        chargers = _chargers(raw.get("chargers"), client, site, circuit)
        found.chargers.update((one.id, one) for one in chargers)
        found.circuits[raw["id"]] = _circuit(raw, site, chargers)
    for raw in _objects(record.get("equalizers")):
        if raw.get("id") is not None:
            meter = LibraryEqualizer({"name": None, **raw}, site, client.account)
            name = meter.name or "Equalizer"
            found.meters[meter.id] = FoundMeter(id=meter.id, name=name, library=meter)


def _circuit(
    raw: dict[str, Any], site: Any, chargers: list[FoundCharger]
) -> FoundCircuit:
    """Return one circuit; the panel number is what people see."""
    label = raw.get("panelName") or raw.get("circuitPanelId") or raw["id"]
    rated_a = raw.get("ratedCurrent")
    return FoundCircuit(
        id=raw["id"],
        site_id=site.id,
        name=f"{site.name} {label}".strip(),
        rated_a=float(rated_a)
        if isinstance(rated_a, int | float) and rated_a > 0
        else None,
        chargers=tuple(one.id for one in chargers),
        master=_master(chargers),
    )


def _master(chargers: list[FoundCharger]) -> str | None:
    """Return the charger that speaks for its circuit."""
    for charger in chargers:
        backplate = charger.library.get("backPlate")
        if isinstance(backplate, dict) and backplate.get("id") is not None:
            if backplate.get("id") == backplate.get("masterBackPlateId"):
                return charger.id
    return chargers[0].id if len(chargers) == 1 else None


def _chargers(
    records: object, client: Client, site: Any = None, circuit: Any = None
) -> list[FoundCharger]:
    """Return the chargers of a list, without its ghosts."""
    found = []
    for raw in _objects(records):
        if not isinstance(raw.get("id"), str):
            continue
        whole = {"name": None, "productCode": None, "levelOfAccess": None, **raw}
        library = LibraryCharger(whole, client.account, site, circuit)
        found.append(
            FoundCharger(
                id=library.id,
                name=library.name or library.id,
                product_code=library.product_code,
                circuit_id=None if circuit is None else circuit.id,
                site_id=None if site is None else site.id,
                library=library,
            )
        )
    return found


async def _add_loose_chargers(found: Topology, client: Client) -> None:
    """Add chargers that no circuit of ours has; their circuit cannot be steered."""
    try:
        records = await client.get(Kind.OTHER, "/api/chargers")
    except AuthenticationFailed:
        raise
    except ChargerError:
        if found.is_empty:
            raise
        found.is_complete = False
        return
    for charger in _chargers(records, client):
        found.chargers.setdefault(charger.id, charger)
