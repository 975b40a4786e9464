"""Keep what must survive a restart: the remembered device, ledgers, what is to be restored."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

type State = Mapping[str, Any]


class Store:
    """Hold one account's memory and hand each change out at once.

    The form is JSON: `{"account": {...}, "chargers": {device id: {...}}}`.
    """

    def __init__(self, state: State, save: Callable[[State], None]) -> None:
        """Take over what was stored; anything that is not of our form is dropped."""
        self._account = _table(state.get("account"))
        self._chargers = {
            key: _table(value) for key, value in _table(state.get("chargers")).items()
        }
        self._save = save

    @property
    def state(self) -> dict[str, Any]:
        """Return a copy of everything."""
        return deepcopy({"account": self._account, "chargers": self._chargers})

    @property
    def account(self) -> State:
        """Return what is kept of the login."""
        return self._account

    @property
    def charger_ids(self) -> tuple[str, ...]:
        """Return the ids of all chargers something is kept of."""
        return tuple(self._chargers)

    def charger(self, device_id: str) -> State:
        """Return what is kept of one charger."""
        return self._chargers.get(device_id, {})

    def keep_account(self, **changes: Any) -> None:
        """Change what is kept of the login; `None` removes."""
        self._change(self._account, changes)

    def keep_charger(self, device_id: str, **changes: Any) -> None:
        """Change what is kept of one charger; `None` removes."""
        self._change(self._chargers.setdefault(device_id, {}), changes)

    def _change(self, table: dict[str, Any], changes: Mapping[str, Any]) -> None:
        if all(table.get(key) == value for key, value in changes.items()):
            return
        table.update(changes)
        for key in [key for key, value in table.items() if value is None]:
            del table[key]
        self._save(self.state)


def _table(value: object) -> dict[str, Any]:
    """Return a copy of a mapping, or an empty one."""
    return deepcopy(dict(value)) if isinstance(value, Mapping) else {}
