"""Answer requests: the HTTP conventions of the device, without a socket."""

from http import HTTPStatus
from typing import NamedTuple

from .board import Board, Write
from .commands import WHOLE_BODY, Command, Payload
from .schema import Rejected
from .states import Json, NoSuchMember, NoSuchState, as_text

NO_SUCH_URI = "Nothing matches the given URI."
NO_SUCH_MEMBER = "Path not found"
NO_SUCH_METHOD = "Request method for this URI is not handled by server"
NOT_WRITABLE = "Method not allowed for API path"


class Reply(NamedTuple):
    """Be an answer."""

    status: HTTPStatus
    text: str = ""
    content_type: str = "text/plain"


class Api:
    """Serve states and commands of one device."""

    def __init__(self, board: Board) -> None:
        """Begin without a request."""
        self._board = board
        self.executed_by_get: list[str] = []

    def request(self, method: str, path: str, body: bytes) -> Reply:
        """Answer one request to a path without its leading slash."""
        if method == "GET":
            return self._get(path)
        if method in ("PUT", "POST"):
            return self._write(path, body)
        return Reply(HTTPStatus.METHOD_NOT_ALLOWED, NO_SUCH_METHOD)

    def _get(self, path: str) -> Reply:
        """Return a state, or execute a command that takes no payload."""
        command = self._board.commands.for_get(path)
        if command is not None:
            return self._get_command(command)
        try:
            value = self._board.states.read(path)
        except NoSuchMember:
            return Reply(HTTPStatus.NOT_FOUND, NO_SUCH_MEMBER)
        except NoSuchState:
            return Reply(HTTPStatus.NOT_FOUND, NO_SUCH_URI)
        return Reply(HTTPStatus.OK, as_text(value), "application/json")

    def _get_command(self, command: Command) -> Reply:
        """Do what a GET on a command does to the real device: execute it."""
        if command.takes_payload:
            return Reply(HTTPStatus.BAD_REQUEST, "Command requires a payload")
        self.executed_by_get.append(command.path)
        return self._execute(command, {})

    def _write(self, path: str, body: bytes) -> Reply:
        """Hand a write to its command."""
        command = self._board.commands.for_write(path)
        if command is None:
            if path in self._board.states:
                return Reply(HTTPStatus.METHOD_NOT_ALLOWED, NOT_WRITABLE)
            return Reply(HTTPStatus.NOT_FOUND, NO_SUCH_URI)
        try:
            payload = command.parse(body, self._board.states)
        except Rejected as error:
            return Reply(HTTPStatus.BAD_REQUEST, str(error))
        return self._execute(command, payload)

    def _execute(self, command: Command, payload: Payload) -> Reply:
        """Check, record and carry out a command."""
        try:
            if command.check is not None:
                command.check(payload)
        except Rejected as error:
            return Reply(HTTPStatus.BAD_REQUEST, str(error))
        told: Json = dict(payload)
        if command.body is not None:
            told = payload[WHOLE_BODY]
        elif not command.takes_payload:
            told = None
        self._board.writes.append(Write(self._board.now_s, command.state_path, told))
        if command.at_once:
            command.action(payload)
        else:
            self._board.hand_over(command.action, payload)
        return Reply(HTTPStatus.OK)
