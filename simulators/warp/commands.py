"""Take writes: strict about keys, generous about spelling, as the device is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import json

from .schema import Field, ListOf, Rejected, check_keys
from .states import Json, StateTable

type Payload = dict[str, Json]
type Action = Callable[[Payload], None]

WHOLE_BODY = "value"
"""Key under which a command whose body is an array hands it to its action."""
NO_PAYLOAD: tuple[Json, ...] = (None, "", False, 0, [], {})


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """Describe one writable path by its wire name (`X_update` for a state `X`)."""

    path: str
    action: Action
    fields: Mapping[str, Field] | None = None
    """None: a command without payload, which even a GET executes."""
    body: ListOf | None = None
    """An array as the whole body, in place of fields."""
    check: Action | None = None
    """Refuse by raising Rejected, before the answer is given."""
    at_once: bool = False
    """Whether it concerns the network processor alone and does not wait for the controller."""
    can_be_abbreviated: bool = True
    _buffer: dict[str, Json] = field(default_factory=dict, compare=False)

    @property
    def takes_payload(self) -> bool:
        """Whether it needs a body."""
        return self.fields is not None or self.body is not None

    @property
    def state_path(self) -> str:
        """The path of the state behind it, under which a write is recorded."""
        return self.path.removesuffix("_update")

    def forget(self) -> None:
        """Empty the buffer, as a restart does."""
        self._buffer.clear()

    def parse(self, raw: bytes, states: StateTable) -> Payload:
        """Return the complete payload of a write; raise Rejected for anything unfit."""
        if not self.takes_payload:
            return _parse_nothing(raw)
        value = _loads(raw)
        if self.body is not None:
            self.body.check(value, "")
            return {WHOLE_BODY: value}
        fields = self.fields or {}
        kept = self._kept(fields, states)
        if value is None:
            value = dict.fromkeys(fields)
        if len(fields) == 1 and self.can_be_abbreviated and not isinstance(value, dict):
            value = {next(iter(fields)): value}
        payload = check_keys(fields, value)
        # A null inside an object does not mean "nothing" to this family: it keeps what
        # the command itself was given last.
        payload = {
            key: kept[key] if payload[key] is None else payload[key] for key in fields
        }
        for key, member in payload.items():
            if member is not None:
                fields[key].check(member, key)
        self._buffer.update(payload)
        return payload

    def _kept(self, fields: Mapping[str, Field], states: StateTable) -> Payload:
        """Return what a null stands for, per key."""
        kept = {key: known.default for key, known in fields.items()} | self._buffer
        if self.state_path.endswith("/config"):
            present = states[self.state_path]
            if isinstance(present, dict):
                kept |= present
        return kept


class CommandTable:
    """Find commands by the path that a client uses."""

    def __init__(self) -> None:
        """Begin empty."""
        self._commands: dict[str, Command] = {}

    def add(self, command: Command) -> None:
        """Register a command, in place of an older one of that name."""
        self._commands[command.path] = command

    def drop(self, path: str) -> None:
        """Forget a command, as a device does that did not register it at boot."""
        self._commands.pop(path, None)

    def for_get(self, path: str) -> Command | None:
        """Return the command a GET would hit."""
        return self._commands.get(path)

    def for_write(self, path: str) -> Command | None:
        """Return the command for a write to a state or to the command itself."""
        return self._commands.get(path) or self._commands.get(f"{path}_update")

    def forget_buffers(self) -> None:
        """Empty all buffers, as a restart does."""
        for command in self._commands.values():
            command.forget()


def _parse_nothing(raw: bytes) -> Payload:
    """Return an empty payload for every spelling of nothing."""
    if raw.strip():
        value = _loads(raw)
        if not any(
            value == nothing and type(value) is type(nothing) for nothing in NO_PAYLOAD
        ):
            msg = "Command does not take a payload."
            raise Rejected(msg)
    return {}


def _loads(raw: bytes) -> Json:
    """Parse a body; NaN and its like are no JSON."""
    try:
        value: Json = json.loads(raw, parse_constant=_refuse_constant)
    except ValueError as error:
        msg = "Failed to deserialize string: InvalidInput"
        raise Rejected(msg) from error
    return value


def _refuse_constant(name: str) -> Json:
    """Refuse NaN and the infinities."""
    raise ValueError(name)
