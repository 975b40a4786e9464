"""Keep what persons wished over restarts."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from .setpoint import Wish

DATA_WISHES: HassKey[WishStore] = HassKey(f"{DOMAIN}_wishes")


class WishStore:
    """Every charger's wish by identity key, saved at once: it guards what a person decided."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the file."""
        self._store: Store[dict[str, dict[str, float | int | None]]] = Store(
            hass, 1, f"{DOMAIN}.wishes"
        )
        self._wishes: dict[str, Wish] = {}

    async def async_load(self) -> None:
        """Read what was stored."""
        stored = await self._store.async_load() or {}
        self._wishes = {key: Wish.from_dict(data) for key, data in stored.items()}

    def get(self, key: str) -> Wish:
        """Return a charger's wish, an empty one where a person never asked for anything."""
        return self._wishes.get(key, Wish())

    async def async_set(self, key: str, wish: Wish) -> None:
        """Store a charger's wish."""
        self._wishes[key] = wish
        await self._async_save()

    async def async_remove(self, key: str) -> None:
        """Forget a charger whose entry was removed."""
        if self._wishes.pop(key, None) is not None:
            await self._async_save()

    async def _async_save(self) -> None:
        await self._store.async_save(
            {key: wish.as_dict() for key, wish in self._wishes.items()}
        )
