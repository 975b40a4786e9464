"""Keep what must survive a restart of one charger, in types of ours."""

from .ledger import Ledger
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
        self._is_locked_by_us = stored.get("locked_by_us") is True
        self._is_locked_for_now = stored.get("locked_for_now") is True
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
    def is_locked_by_us(self) -> bool:
        """Return whether the lock was closed by our command, while it was open."""
        return self._is_locked_by_us

    @is_locked_by_us.setter
    def is_locked_by_us(self, value: bool) -> None:
        self._is_locked_by_us = value
        self._store.keep_charger(self._device_id, locked_by_us=value or None)

    @property
    def is_locked_for_now(self) -> bool:
        """Return whether it was a site that closed it: nothing that a person would have put back."""
        return self._is_locked_for_now

    @is_locked_for_now.setter
    def is_locked_for_now(self, value: bool) -> None:
        self._is_locked_for_now = value
        self._store.keep_charger(self._device_id, locked_for_now=value or None)

    def take_back(self, record: Record) -> None:
        """Know again whose the lock is that a record puts back."""
        if record.user_lock:
            self.is_locked_by_us = record.is_ours
            self.is_locked_for_now = False

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
