"""Give every fault of the cloud a name by which it is switched from outside."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .faults import HttpFault

if TYPE_CHECKING:
    from .cloud import EaseeSimulator

FLAGS: Final = (
    "products_empty",
    "chargers_only",
    "null_circuits",
    "ghost_charger",
    "swallows_commands",
    "refuses_commands",
    "accepts_used_ids",
    "silent_stream",
    "ip_blocked",
    "unlimited",
)
COMMANDS: Final = r"POST .*(/commands/|/dynamicCurrent|/settings)"
ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "everything_503": {"match": r"(/api/|/state/)", "status": 503},
    "everything_hangs": {"match": r"(/api/|/state/)", "hangs": True},
    "commands_503": {"match": COMMANDS, "status": 503},
    "commands_504": {"match": COMMANDS, "status": 504},
    "commands_429": {"match": COMMANDS, "status": 429, "retry_after": "30"},
    "commands_400": {"match": COMMANDS, "status": 400},
    "circuits_403": {
        "match": "/circuits/",
        "status": 403,
        "body": {"message": "Forbidden"},
    },
    "observations_429": {"match": "/observations", "status": 429, "retry_after": "60"},
    "observations_text_400": {"match": "/observations", "status": 400, "text": "no"},
    "refresh_503": {"match": "refresh_token", "status": 503},
    "login_503": {"match": "/login", "status": 503},
    "negotiate_401": {"match": "negotiate", "status": 401},
    "site_503": {"match": r"/api/sites/\d+\?detailed", "status": 503},
}
GARBAGE: Final = "not json at all\x1e"


def _null_value(mid: str) -> str:
    """Return a row that crashes the stock client: null for a boolean."""
    return (
        '{"type":1,"target":"ProductUpdate","arguments":[{"mid":"'
        + mid
        + '","dataType":2,"id":31,"timestamp":"2026-01-01T00:00:00Z","value":null}]}\x1e'
    )


def _overwrite(cloud: EaseeSimulator) -> None:
    """Let another service of the account write every volatile limit."""
    for circuit in cloud.circuits.values():
        circuit.set_dynamic((25.0, 25.0, 25.0), None)
    for charger in cloud.chargers.values():
        charger.dynamic_a = 25.0


def _zero_session_energy(cloud: EaseeSimulator) -> None:
    """Let every charger report a session energy that is not true."""
    for charger in cloud.chargers.values():
        charger.observed.send(121, 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Be something that happens once."""

    act: Callable[[EaseeSimulator], Any]


HAPPENINGS: Final[Mapping[str, Happening]] = {
    "revoke_tokens": Happening(act=lambda cloud: cloud.tokens.revoke()),
    "drop_stream": Happening(act=lambda cloud: cloud.hub.drop()),
    "send_garbage": Happening(act=lambda cloud: cloud.hub.send_text(GARBAGE)),
    "send_null": Happening(
        act=lambda cloud: cloud.hub.send_text(_null_value(next(iter(cloud.chargers))))
    ),
    "foreign_writer": Happening(act=_overwrite),
    "zero_session_energy": Happening(act=_zero_session_energy),
}


class Switches:
    """Switch faults of one cloud by name."""

    def __init__(self, cloud: EaseeSimulator) -> None:
        """Begin with every fault off."""
        self._cloud = cloud
        self._answers: dict[str, HttpFault] = {}

    def names(self) -> dict[str, bool]:
        """Return every fault with whether it is on; what happens once never is."""
        flags = {name: bool(getattr(self._cloud.faults, name)) for name in FLAGS}
        answers = {name: name in self._answers for name in ANSWERS}
        return {**flags, **answers, **dict.fromkeys(HAPPENINGS, False)}

    async def switch(self, name: str, *, on: bool) -> None:
        """Switch a fault, or let a thing happen; raise ValueError for an unknown name."""
        if name in HAPPENINGS:
            result = HAPPENINGS[name].act(self._cloud) if on else None
            if isinstance(result, Awaitable):
                await result
        elif name in FLAGS:
            setattr(self._cloud.faults, name, on)
        elif name in ANSWERS:
            self._switch_answer(name, on=on)
        else:
            msg = f"there is no fault {name}"
            raise ValueError(msg)

    def _switch_answer(self, name: str, *, on: bool) -> None:
        if on and name not in self._answers:
            self._answers[name] = self._cloud.fault(**ANSWERS[name])
        elif not on and name in self._answers:
            fault = self._answers.pop(name)
            self._cloud.end_fault(fault)
