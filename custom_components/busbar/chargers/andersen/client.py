"""Ask and tell the cloud over GraphQL and HTTP, one request at a time."""

import asyncio
from collections.abc import Mapping
from functools import cache
import logging
from typing import Any, Final, override

from aiohttp import ClientSession
from gql import Client as GraphQLClient, GraphQLRequest
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import (
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from graphql import DocumentNode, parse

from ..errors import ChargerError, ConnectionFailed, RateLimited, Rejected, Unsupported
from . import documents
from .auth import Auth
from .redaction import protect_logs, redact

_LOGGER = logging.getLogger(__name__)

TIMEOUT_S: Final = 15.0
REASON_LENGTH: Final = 200

INTERNAL_CODES: Final = frozenset({"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"})
INVALID_CODES: Final = frozenset({"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"})
EXPIRED_TEXT: Final = "login token"

type Wire = Mapping[str, Any]


class TokenRefused(Exception):
    """The API does not accept the token, in one of the two ways it says so."""


class _SharedSessionTransport(AIOHTTPTransport):
    """Use a session of ours; the library would open one of its own."""

    def __init__(self, url: str, session: ClientSession) -> None:
        super().__init__(url=url)
        self._shared = session

    @override
    async def connect(self) -> None:
        self.session = self._shared

    @override
    async def close(self) -> None:
        self.session = None


class Client:
    """Know the operations of the API that we use."""

    def __init__(
        self,
        *,
        url: str,
        session: ClientSession,
        auth: Auth,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Prepare; nothing is sent yet."""
        self._transport = _SharedSessionTransport(url, session)
        self._graphql = GraphQLClient(
            transport=self._transport,
            fetch_schema_from_transport=False,
            execute_timeout=timeout_s,
        )
        self._auth = auth
        self._one_at_a_time = asyncio.Lock()
        protect_logs()

    async def devices(self) -> list[Wire]:
        """Return the account's chargers, each with at least an `id`."""
        data = await self._query(documents.DEVICES, "getCurrentUserDevices", {})
        found = data.get("getCurrentUserDevices")
        if not isinstance(found, list):
            # An account without chargers has an empty list.
            msg = "the cloud does not list the chargers"
            raise ConnectionFailed(msg)
        return [d for d in found if isinstance(d, Mapping) and d.get("id")]

    async def status(self, device_id: str) -> Wire:
        """Return `deviceStatus` with the device's `name` beside it."""
        device = await self._device(
            documents.STATUS, "getDeviceStatus", {"id": device_id}
        )
        status = device.get("deviceStatus")
        known = status if isinstance(status, Mapping) else {}
        return {**known, "name": device.get("name")}

    async def info(self, device_id: str) -> Wire:
        """Return `deviceInfo`, the settings that the cloud keeps."""
        device = await self._device(documents.DEVICE, "getDevice", {"id": device_id})
        info = device.get("deviceInfo")
        return info if isinstance(info, Mapping) else {}

    async def charge_logs(
        self, device_id: str, *, limit: int, offset: int
    ) -> list[Wire]:
        """Return finished charges, the newest first."""
        name = "getDeviceCalculatedChargeLogs"
        asked = {"id": device_id, "limit": limit, "offset": offset, "minEnergy": 0.0}
        device = await self._device(documents.CHARGE_LOGS, name, asked)
        logs = device.get("deviceCalculatedChargeLogs")
        if not isinstance(logs, list):
            # No charges are an empty list: null came with an error, or says nothing.
            msg = "the cloud does not show the charges"
            raise ConnectionFailed(msg)
        return [log for log in logs if isinstance(log, Mapping)]

    async def run_command(self, device_id: str, function: str) -> None:
        """Hand the cloud a command; that it answers `null` is normal and proves nothing."""
        given = {"deviceId": device_id, "functionName": function}
        await self._mutate(documents.RUN_COMMAND, "runAEVCommand", given)

    async def set_schedules(self, device_id: str, slots: Wire) -> None:
        """Write whole slots, keyed `sch0` to `sch4`; the others stay."""
        given = {"deviceId": device_id, "scheduleSlots": dict(slots)}
        await self._mutate(documents.SET_SCHEDULES, "setSchedules", given)

    async def disable_schedules(self, device_id: str) -> None:
        """Clear `enabled` of all five slots; nobody there remembers which were on."""
        name = "setAllSchedulesDisabled"
        await self._mutate(documents.DISABLE_SCHEDULES, name, {"deviceId": device_id})

    async def set_solar(self, device_id: str, **changes: bool | int) -> None:
        """Change these solar settings and no others."""
        document = documents.set_solar(*changes)
        await self._mutate(document, "setSolar", {"deviceId": device_id, **changes})

    async def _device(self, document: str, name: str, variables: Wire) -> Wire:
        data = await self._query(document, name, variables)
        device = data.get("getDevice")
        if not isinstance(device, Mapping):
            msg = "the cloud does not show this charger"
            raise ConnectionFailed(msg)
        return device

    async def _query(self, document: str, name: str, variables: Wire) -> Wire:
        return await self._run(document, name, variables, is_query=True)

    async def _mutate(self, document: str, name: str, variables: Wire) -> None:
        await self._run(document, name, variables, is_query=False)

    async def _run(
        self, document: str, name: str, variables: Wire, *, is_query: bool
    ) -> Wire:
        """Run a document, with a new token once where the present one is refused."""
        token = await self._auth.token()
        try:
            return await self._send(document, name, variables, token, is_query)
        except TokenRefused:
            token = await self._auth.token(refused=token)
        try:
            return await self._send(document, name, variables, token, is_query)
        except TokenRefused:
            # The login has just accepted us, so this says nothing about the credentials.
            msg = "the cloud refuses the token that its login has just issued"
            raise ConnectionFailed(msg) from None

    async def _send(
        self, document: str, name: str, variables: Wire, token: str, is_query: bool
    ) -> Wire:
        request = GraphQLRequest(
            _parsed(document), variable_values=dict(variables), operation_name=name
        )
        headers = {"Authorization": f"Bearer {token}"}
        # One at a time: the headers of an answer are kept in the transport alone.
        async with self._one_at_a_time:
            try:
                async with self._graphql as session:
                    data = await session.execute(
                        request, extra_args={"headers": headers}
                    )
            except TransportQueryError as err:
                return _data_of(err, is_query=is_query)
            except TransportServerError as err:
                raise self._server_error(err) from None
            except (TransportError, TimeoutError, AssertionError) as err:
                # gql asserts that there is data, and asserts it of the server's answer. Their texts
                # hold that answer, which may name a person.
                msg = f"the cloud did not answer as expected ({type(err).__name__})"
                raise ConnectionFailed(msg) from None
        return data if isinstance(data, Mapping) else {}

    def _server_error(self, err: TransportServerError) -> Exception:
        if err.code == 401:
            return TokenRefused()
        if err.code == 429:
            return RateLimited(_seconds(self._transport.response_headers))
        return ConnectionFailed(f"the cloud failed (HTTP {err.code})")


@cache
def _parsed(document: str) -> DocumentNode:
    """Parse a document once: the same few are sent every minute."""
    return parse(document)


def _data_of(err: TransportQueryError, *, is_query: bool) -> Wire:
    """Return what a query got in spite of errors; raises what the errors say."""
    problem = query_error(err)
    if isinstance(problem, TokenRefused) or not is_query:
        raise problem from None
    if isinstance(err.data, Mapping) and any(err.data.values()):
        _LOGGER.debug("The cloud answered in part: %s", problem)
        return err.data
    raise problem from None


def query_error(err: TransportQueryError) -> ChargerError | TokenRefused:
    """Tell what an `errors` list means; its items may be tables or objects."""
    errors = err.errors or [{"message": str(err)}]
    codes = {_extensions(item).get("code") for item in errors}
    text = "; ".join(_message(item) for item in errors)
    if "UNAUTHENTICATED" in codes or EXPIRED_TEXT in text.lower():
        return TokenRefused()
    reason = redact(text)[:REASON_LENGTH]
    if codes & INVALID_CODES:
        return Unsupported(reason)
    if codes & INTERNAL_CODES:
        return ConnectionFailed(f"the cloud failed: {reason}")
    return Rejected(reason)


def _extensions(item: object) -> Mapping[str, Any]:
    found = (
        item.get("extensions")
        if isinstance(item, Mapping)
        else getattr(item, "extensions", None)
    )
    return found if isinstance(found, Mapping) else {}


def _message(item: object) -> str:
    if isinstance(item, Mapping):
        return str(item.get("message", ""))
    return str(getattr(item, "message", item))


def _seconds(headers: Mapping[str, str] | None) -> float | None:
    """Read Retry-After in seconds; the form with a date is not worth a parser."""
    try:
        return max(0.0, float((headers or {})["Retry-After"]))
    except KeyError, ValueError:
        return None
