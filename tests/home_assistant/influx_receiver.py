"""A receiver of the line protocol, as an InfluxDB 2 is one to whoever writes to it.

It shares no code with the client: lines are read by the grammar of the protocol, and what does not keep to it is
refused as the real one refuses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from typing import Final

from aiohttp import web
from aiohttp.test_utils import TestServer

_UNESCAPED_SPACE: Final = re.compile(r"(?<!\\) ")
_UNESCAPED_COMMA: Final = re.compile(r"(?<!\\),")
_UNESCAPED_EQUALS: Final = re.compile(r"(?<!\\)=")
_FIELD: Final = re.compile(r'((?:[^\\,= ]|\\.)+)=("(?:[^"\\]|\\.)*"|[^,"]+)(?:,|$)')
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_PRECISIONS: Final = frozenset({"ns", "us", "ms", "s"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One line."""

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, float | str]
    timestamp: int


def parse_line(line: str) -> Point:
    """Read a line. Raises `ValueError`."""
    head, _, rest = _split(_UNESCAPED_SPACE, line)
    body, _, timestamp = rest.rpartition(" ")
    measurement, *pairs = _UNESCAPED_COMMA.split(head)
    tags = {}
    for pair in pairs:
        key, _, value = _split(_UNESCAPED_EQUALS, pair)
        tags[_plain(key)] = _plain(value)
    if not measurement or not all(key and value for key, value in tags.items()):
        raise ValueError(f"a name or a tag is empty: {line}")
    return Point(
        measurement=_plain(measurement),
        tags=tags,
        fields=_fields(body),
        timestamp=int(timestamp),
    )


def _split(separator: re.Pattern[str], text: str) -> tuple[str, str, str]:
    first, *rest = separator.split(text, maxsplit=1)
    if not rest:
        raise ValueError(f"something is missing: {text}")
    return first, "", rest[0]


def _fields(body: str) -> dict[str, float | str]:
    fields: dict[str, float | str] = {}
    at = 0
    while at < len(body):
        found = _FIELD.match(body, at)
        if found is None:
            raise ValueError(f"not a field: {body[at:]}")
        fields[_plain(found[1])] = _value(found[2])
        at = found.end()
    if not fields:
        raise ValueError("no field")
    return fields


def _value(text: str) -> float | str:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    number = text.removesuffix("i")
    if _NUMBER.fullmatch(number) is None:
        raise ValueError(f"not a value: {text}")
    return float(number)


def _plain(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)


@dataclass(kw_only=True)
class InfluxReceiver:
    """The server, and what was written to it."""

    token: str = "a token"
    organization: str = "house"
    bucket: str = "busbar"
    points: list[Point] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Why lines were refused."""
    _server: TestServer = field(init=False)

    async def start(self) -> None:
        """Listen on loopback."""
        app = web.Application()
        app.router.add_post("/api/v2/write", self._write)
        self._server = TestServer(app)
        await self._server.start_server()

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.close()

    @property
    def url(self) -> str:
        """Return the address."""
        return str(self._server.make_url("")).rstrip("/")

    async def _write(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Token {self.token}":
            return _refusal(401, "unauthorized", "unauthorized access")
        asked = request.query
        if asked.get("org") != self.organization or asked.get("bucket") != self.bucket:
            return _refusal(404, "not found", "bucket not found")
        if asked.get("precision", "ns") not in _PRECISIONS:
            return _refusal(400, "invalid", "invalid precision")
        lines = (await request.text()).splitlines()
        if not lines:
            return _refusal(400, "invalid", "writing requires points")
        try:
            self.points.extend([parse_line(line) for line in lines])
        except ValueError as err:
            self.refused.append(str(err))
            return _refusal(400, "invalid", f"unable to parse: {err}")
        return web.Response(status=204)


def _refusal(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)
