"""What persons plan for the members of a site: windows, each with its switch, and pauses."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util import dt as dt_util

from ..balancer.pauses import next_end, pauses_left
from ..balancer.windows import Window, next_change
from .config import CONF_CHARGER, charger_subentries, site_windows, window_subentries
from .store import SiteStore

if TYPE_CHECKING:
    from .entry import SiteConfigEntry


class SitePlan:
    """The windows and pauses of one site; `on_change` is called when a person changed one of them."""

    def __init__(
        self, entry: SiteConfigEntry, store: SiteStore, on_change: CALLBACK_TYPE
    ) -> None:
        """Begin with what the entry holds and what was stored."""
        self._entry = entry
        self._store = store
        self._on_change = on_change
        self._windows = self._switched()

    @callback
    def async_reconfigure(self) -> None:
        """Take windows as a person stated them now; nothing is remembered of windows and members that are gone."""
        state = self._store.state
        state.windows_off &= {
            item.subentry_id for item in window_subentries(self._entry)
        }
        members = {item.data[CONF_CHARGER] for item in charger_subentries(self._entry)}
        state.pauses = {
            key: ends_at for key, ends_at in state.pauses.items() if key in members
        }
        self._windows = self._switched()

    @property
    def windows(self) -> tuple[Window, ...]:
        """Return the windows in the order in which they are tried, with their switches."""
        return self._windows

    def _switched(self) -> tuple[Window, ...]:
        return tuple(
            replace(window, enabled=self.is_enabled(window.key))
            for window in site_windows(self._entry)
        )

    def window(self, key: str) -> Window | None:
        """Return a window, `None` once it is gone."""
        return next((window for window in self.windows if window.key == key), None)

    def is_enabled(self, key: str) -> bool:
        """Return whether a window is switched on, as a new one is."""
        return key not in self._store.state.windows_off

    def pauses(self, at: datetime) -> Mapping[str, datetime]:
        """Return when the pauses that last at `at` end, by member key."""
        return pauses_left(self._store.state.pauses, at)

    def next_change(self, at: datetime) -> datetime | None:
        """Return when time alone may change what is planned, at the latest, in UTC; `at` is in the local zone."""
        moments = (next_change(self.windows, at), next_end(self.pauses(at), at))
        return min((moment for moment in moments if moment is not None), default=None)

    async def async_set_enabled(self, key: str, *, on: bool) -> None:
        """Switch a window on or off."""
        state = self._store.state
        state.windows_off = (
            state.windows_off - {key} if on else state.windows_off | {key}
        )
        self._windows = self._switched()
        await self._async_keep()

    async def async_pause(self, members: Iterable[str], ends_at: datetime) -> None:
        """Pause members until a time; one that is paused already gets the new end."""
        last = self.pauses(dt_util.utcnow())
        self._store.state.pauses = {**last, **dict.fromkeys(members, ends_at)}
        await self._async_keep()

    async def async_resume(self, members: Iterable[str]) -> None:
        """End the pauses of members."""
        last, ended = self.pauses(dt_util.utcnow()), set(members)
        self._store.state.pauses = {
            key: ends_at for key, ends_at in last.items() if key not in ended
        }
        await self._async_keep()

    async def _async_keep(self) -> None:
        await self._store.async_save()
        self._on_change()
