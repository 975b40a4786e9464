"""Remember over restarts what the cloud forgets."""

from collections.abc import Callable, Mapping
from typing import Any, Final

SURPLUS_IMPORT: Final = "surplus_import_a"
ZEROED: Final = "zeroed"


class Memory:
    """Keep small things by device, in the entry that stores them for us."""

    def __init__(
        self, state: Mapping[str, Any], save: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Begin with what was stored."""
        stored = state.get(SURPLUS_IMPORT)
        self._imports: dict[str, float] = {
            str(key): float(value)
            for key, value in (stored if isinstance(stored, Mapping) else {}).items()
            if isinstance(value, int | float)
        }
        zeroed = state.get(ZEROED)
        self._zeroed = {
            str(key) for key in (zeroed if isinstance(zeroed, list) else ())
        }
        self._save = save

    def is_zeroed(self, charger: str) -> bool:
        """Return whether the 0 A of a charger are ours, and no person's pause."""
        return charger in self._zeroed

    def remember_zero(self, charger: str, *, ours: bool) -> None:
        """Keep whose 0 A it is: a pause by a person looks the same at the charger."""
        if ours != (charger in self._zeroed):
            self._zeroed ^= {charger}
            self._store()

    def surplus_import_a(self, meter: str) -> float:
        """Return the grid current that was last allowed for surplus charging."""
        return self._imports.get(meter, 0.0)

    def remember_surplus_import(self, meter: str, current_a: float) -> None:
        """Keep it: the cloud forgets the amperes when the mode is switched off."""
        if self._imports.get(meter) != current_a:
            self._imports[meter] = current_a
            self._store()

    def _store(self) -> None:
        self._save({SURPLUS_IMPORT: dict(self._imports), ZEROED: sorted(self._zeroed)})
