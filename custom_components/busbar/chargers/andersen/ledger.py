"""Add up finished charges into a lifetime energy and cost that only grow.

The cloud has no lifetime counter. Each charge has a `uuid` that ends in its start, so one charge counts
once however often it is read. The newest charges are kept one by one, for they may still be corrected;
older ones are settled into a sum, so that what is stored does not grow for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from ..features import ShownValue
from .values import Wire, moment, number, table, text, whole

KEPT: Final = 200
"""Charges kept one by one; well over what one page of logs shows."""
TRIMMED_ABOVE: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Be one finished charge; energies in kWh, cost in the account's currency."""

    uuid: str
    start: str
    """In UTC, ISO 8601; empty where it cannot be read."""
    duration_s: float | None
    energy_kwh: float | None
    cost: float | None
    grid_kwh: float | None
    solar_kwh: float | None
    surplus_kwh: float | None
    """All of it on a unit without current transformers: not to be shown as solar."""


def parse_charge(log: Wire) -> Charge | None:
    """Read a charge log; one without `uuid` cannot be told from others and is left out."""
    uuid = text(log.get("uuid"))
    if uuid is None:
        return None
    # The first part is the id of the charger, which need not be stored.
    short = uuid.rpartition("_")[2]
    return Charge(
        uuid=short,
        start=_utc(short) or _utc(text(log.get("startDateTimeLocal"))) or "",
        duration_s=number(log.get("duration")),
        energy_kwh=number(log.get("chargeEnergyTotal")),
        cost=number(log.get("chargeCostTotal")),
        grid_kwh=number(log.get("gridEnergyTotal")),
        solar_kwh=number(log.get("solarEnergyTotal")),
        surplus_kwh=number(log.get("surplusUsedEnergyTotal")),
    )


def _utc(written: str | None) -> str | None:
    """Return a time in UTC, so that texts sort as times do."""
    read = moment(written)
    return None if read is None else read.strftime("%Y-%m-%dT%H:%M:%SZ")


PARTS: Final = 1_000_000
"""Sums are kept in whole millionths: floats added in another order would differ by a hair, downwards too."""

type Entry = tuple[str, int, int]
"""Start, then energy and cost in millionths."""


@dataclass(kw_only=True, slots=True)
class Ledger:
    """Count charges once."""

    is_complete: bool = False
    """Whether all pages were read once; before, the sum would be too small."""
    settled_until: str = ""
    settled_energy: int = 0
    settled_cost: int = 0
    recent: dict[str, Entry] = field(default_factory=dict)

    @property
    def energy_kwh(self) -> float:
        """Return the sum of all energies."""
        total = self.settled_energy + sum(entry[1] for entry in self.recent.values())
        return total / PARTS

    @property
    def cost(self) -> float:
        """Return the sum of all costs."""
        total = self.settled_cost + sum(entry[2] for entry in self.recent.values())
        return total / PARTS

    def add(self, charges: Iterable[Charge]) -> bool:
        """Count charges; returns whether any of them was not known before."""
        is_news = False
        for charge in charges:
            if charge.start and charge.start <= self.settled_until:
                continue
            _, energy, cost = self.recent.get(charge.uuid, ("", 0, 0))
            is_news = is_news or charge.uuid not in self.recent
            # A correction downwards would make the sum fall, which a meter never does.
            self.recent[charge.uuid] = (
                charge.start,
                max(energy, round((charge.energy_kwh or 0.0) * PARTS)),
                max(cost, round((charge.cost or 0.0) * PARTS)),
            )
        return is_news

    def trim(self) -> None:
        """Settle all but the newest charges, once all are known."""
        dated = sorted(
            (entry[0], uuid) for uuid, entry in self.recent.items() if entry[0]
        )
        if not self.is_complete or len(dated) <= TRIMMED_ABOVE:
            return
        for start, uuid in dated[:-KEPT]:
            _, energy, cost = self.recent.pop(uuid)
            self.settled_energy += energy
            self.settled_cost += cost
            self.settled_until = max(self.settled_until, start)

    def to_state(self) -> dict[str, Any]:
        """Return it in a form that can be stored."""
        return {
            "is_complete": self.is_complete,
            "settled_until": self.settled_until,
            "settled_energy": self.settled_energy,
            "settled_cost": self.settled_cost,
            "recent": {uuid: list(entry) for uuid, entry in self.recent.items()},
        }

    @classmethod
    def from_state(cls, state: object) -> Self:
        """Take over what was stored; what cannot be read is counted anew."""
        stored = table(state)
        recent = {
            str(uuid): read
            for uuid, entry in table(stored.get("recent")).items()
            if (read := _entry(entry)) is not None
        }
        return cls(
            is_complete=stored.get("is_complete") is True,
            settled_until=text(stored.get("settled_until")) or "",
            settled_energy=whole(stored.get("settled_energy")) or 0,
            settled_cost=whole(stored.get("settled_cost")) or 0,
            recent=recent,
        )


def _entry(stored: object) -> Entry | None:
    if not isinstance(stored, list | tuple) or len(stored) != 3:
        return None
    energy, cost = whole(stored[1]), whole(stored[2])
    if energy is None or cost is None:
        return None
    return str(stored[0]), energy, cost


def newest(charges: Iterable[Charge]) -> Charge | None:
    """Return the charge that started last."""
    return max(charges, key=lambda charge: charge.start, default=None)


def charge_values(charge: Charge | None) -> Mapping[str, ShownValue]:
    """Return the last charge as values of features."""
    if charge is None:
        return {}
    values = {
        "last_charge_start": moment(charge.start),
        "last_charge_duration": charge.duration_s,
        "last_charge_energy": charge.energy_kwh,
        "last_charge_grid_energy": charge.grid_kwh,
        "last_charge_solar_energy": charge.solar_kwh,
        "last_charge_surplus_energy": charge.surplus_kwh,
        "last_charge_cost": charge.cost,
    }
    return {key: value for key, value in values.items() if value is not None}
