"""Keep what must survive a restart of one charger, in types of ours."""

from dataclasses import replace

from .ledger import Ledger
from .ownership import Ownership
from .power import PowerUnit
from .restore import Record
from .store import Store


class Memory:
    """Be the view of one charger on the account's store; each change is stored at once."""

    def __init__(self, store: Store, device_id: str) -> None:
        """Read what was stored."""
        self._store = store
        self._device_id = device_id
        stored = store.charger(device_id)
        self._record = Record.from_state(stored.get("restore"))
        self._ownership = Ownership.from_state(stored)
        self.ledger = Ledger.from_state(stored.get("ledger"))
        units = {unit.value: unit for unit in PowerUnit}
        self._power_unit = units.get(str(stored.get("power_unit")))

    @property
    def record(self) -> Record | None:
        """Return what is to be put back."""
        return self._record

    @record.setter
    def record(self, record: Record | None) -> None:
        self._record = record
        kept = record.to_state() if record is not None else None
        self._store.keep_charger(self._device_id, restore=kept)

    @property
    def ownership(self) -> Ownership:
        """Return whose the lock is."""
        return self._ownership

    @ownership.setter
    def ownership(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._store.keep_charger(self._device_id, **ownership.to_state())

    def take_back(self, record: Record) -> None:
        """Know again whose the lock is that a record puts back: no site's."""
        if record.user_lock:
            self.ownership = replace(
                self.ownership, is_ours=record.is_ours, is_claimed=False
            )

    @property
    def power_unit(self) -> PowerUnit | None:
        """Return the unit of `chargePower`, once decided."""
        return self._power_unit

    @power_unit.setter
    def power_unit(self, unit: PowerUnit | None) -> None:
        self._power_unit = unit
        self._store.keep_charger(
            self._device_id, power_unit=unit.value if unit else None
        )

    def keep_ledger(self) -> None:
        """Store the ledger after it was changed."""
        self._store.keep_charger(self._device_id, ledger=self.ledger.to_state())
