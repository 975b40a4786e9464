"""Hold the connection of one charger entry: one Quasar."""

from collections.abc import Callable, Mapping
from typing import override

from ..model import Connection, ReleasesControl, Unsubscribe
from .charger import QuasarCharger

type MakeCharger = Callable[[Callable[[], None]], QuasarCharger]


class QuasarConnection(Connection, ReleasesControl):
    """One address, one charger."""

    def __init__(self, make_charger: MakeCharger) -> None:
        """Prepare; nothing is sent before `open`."""
        self._listeners: dict[object, Callable[[], None]] = {}
        self._charger = make_charger(self._changed)
        self._is_open = False

    @property
    @override
    def chargers(self) -> Mapping[str, QuasarCharger]:
        if not self._is_open:
            return {}
        return {self._charger.identity.key: self._charger}

    @override
    async def open(self) -> None:
        await self._charger.open()
        self._is_open = True

    @override
    async def close(self) -> None:
        await self._charger.close()

    @override
    async def release(self) -> None:
        """Hand control back, also from a connection that was never opened; then close it.

        Raises `ChargerError`.
        """
        try:
            await self._charger.release()
        finally:
            await self._charger.close()

    @override
    def on_change(self, listener: Callable[[], None]) -> Unsubscribe:
        token = object()
        self._listeners[token] = listener

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    def _changed(self) -> None:
        for listener in list(self._listeners.values()):
            listener()
