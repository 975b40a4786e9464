"""Listen to the stream, route what it says, and see to it that it lives."""

from collections.abc import Callable
import logging
from types import SimpleNamespace
from typing import Any

from ..errors import AuthenticationFailed
from .const import HEARD_FOR_S, RESTART_SILENT_S
from .library import Account
from .reports import Row, parse_product, parse_row

_LOGGER = logging.getLogger(__name__)

type RowListener = Callable[[Row], None]
type AnswerListener = Callable[[dict[str, Any]], None]


class Stream:
    """The push channel of one account, for all its products."""

    def __init__(self, account: Account, *, clock: Callable[[], float]) -> None:
        """Attach to an account; nothing is opened yet."""
        self._account = account
        self._clock = clock
        self._listeners: dict[str, RowListener] = {}
        self._answers: dict[str, AnswerListener] = {}
        self._heard_at: dict[str, float] = {}
        self._opened_at: float | None = None
        self._is_known_lost = False
        self.ignored_rows = 0
        self.restarts = 0
        account.on_row = self._on_row
        account.on_answer = self._on_answers
        account.on_open = self._on_open

    @property
    def is_connected(self) -> bool:
        """Whether the stream is open."""
        return self._account.is_stream_running and bool(self._account.sr_is_connected())

    def covers(self, product: str) -> bool:
        """Return whether the stream tells of a product, so that no poll is needed.

        A subscription that the hub refused is never reported: it is known by its silence.
        """
        if not self.is_connected or self._opened_at is None:
            return False
        heard_at = self._heard_at.get(product)
        return (
            heard_at is not None
            and heard_at >= self._opened_at
            and self._clock() - heard_at < HEARD_FOR_S
        )

    async def subscribe(
        self, product: str, on_row: RowListener, on_answer: AnswerListener
    ) -> None:
        """Hear of a product; opens the stream at the first one."""
        self._listeners[product] = on_row
        self._answers[product] = on_answer
        try:
            await self._account.sr_subscribe(SimpleNamespace(id=product), None)
        except Exception as error:  # noqa: BLE001 - the library raises bare errors between two connections
            _LOGGER.debug("A subscription waits: %s", type(error).__name__)

    def forget(self, product: str) -> None:
        """Hear no more of a product.

        The library's own way tears the whole stream down; rows that still come are passed over.
        """
        self._listeners.pop(product, None)
        self._answers.pop(product, None)
        self._heard_at.pop(product, None)
        self._account.sr_subscriptions.pop(product, None)

    async def watch(self) -> None:
        """Open the stream anew if it died or fell silent; to be called now and then.

        Raises AuthenticationFailed where the cloud refuses the credentials: nothing will open then.
        """
        self._tell_change()
        if not self._account.is_stream_running:
            if not self._listeners:
                return
            error = await self._account.end_stream()
            if isinstance(error, AuthenticationFailed):
                raise error
            _LOGGER.debug("The stream had ended, starting it again")
        elif self.is_connected and self._silent_s() > RESTART_SILENT_S:
            await self._account.end_stream()
            _LOGGER.debug("The stream was silent, starting it again")
        else:
            return
        self.restarts += 1
        await self._account.start_stream()

    async def close(self) -> None:
        """End the stream."""
        self._listeners.clear()
        await self._account.end_stream()

    def _silent_s(self) -> float:
        last = max((self._opened_at or 0.0, *self._heard_at.values()))
        return self._clock() - last

    def _tell_change(self) -> None:
        """Log once that the stream is lost, and once that it is back."""
        is_lost = not self.is_connected and self._opened_at is not None
        if is_lost != self._is_known_lost:
            self._is_known_lost = is_lost
            if is_lost:
                _LOGGER.info("The stream of the Easee cloud is lost, polling meanwhile")
            else:
                _LOGGER.info("The stream of the Easee cloud is back")

    def _on_open(self) -> None:
        self._opened_at = self._clock()

    def _on_row(self, raw: object) -> None:
        """Route one row. An exception in here would tear the stream down."""
        product, row = parse_product(raw), parse_row(raw)
        listener = self._listeners.get(product or "")
        if product is not None and listener is not None:
            self._heard_at[product] = self._clock()
        if row is None or listener is None:
            self.ignored_rows += 1
            return
        try:
            listener(row)
        except Exception:
            # A fault of ours in one value must not cost the stream of all products.
            _LOGGER.exception("Handling a reported value failed")

    def _on_answers(self, raw: object) -> None:
        """Route what chargers said to commands."""
        for answer in raw if isinstance(raw, list) else []:
            if not isinstance(answer, dict):
                continue
            listener = self._answers.get(str(answer.get("serialNumber")))
            if listener is not None:
                listener(answer)
