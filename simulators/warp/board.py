"""Hold what the parts of one device share, and hand writes to where they belong."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from simulators.world import Clock

from .commands import CommandTable, Payload
from .faults import Fault
from .generation import GenerationSpec
from .settings import WarpSettings
from .states import Json, StateTable


class Write(NamedTuple):
    """Be a write that was accepted over the wire (answered with 200)."""

    time_s: float
    path: str
    payload: Json


class Part(Protocol):
    """Be a part of a device that shows states."""

    def publish(self, now_s: float) -> None:
        """Write the present values into the states."""


class Board:
    """Be the ground on which the parts of a device stand."""

    def __init__(self, clock: Clock, settings: WarpSettings) -> None:
        """Begin without states and commands."""
        self._clock = clock
        self.settings = settings
        self.states = StateTable()
        self.commands = CommandTable()
        self.faults: set[Fault] = set()
        self.writes: list[Write] = []
        self._pinned_s: float | None = None
        self._on_its_way: deque[tuple[float, Callable[[], None]]] = deque()

    @property
    def spec(self) -> GenerationSpec:
        """The row of the generation table."""
        return self.settings.spec

    @property
    def now_s(self) -> float:
        """The time of the world, or of the step that is being lived through."""
        return self._clock.now() if self._pinned_s is None else self._pinned_s

    @property
    def patience_s(self) -> float:
        """The time by which the answers of clients are measured."""
        return self._clock.patience()

    @contextmanager
    def pinned(self, now_s: float) -> Iterator[None]:
        """Hold the time still while a step of the past is made up for."""
        self._pinned_s = now_s
        try:
            yield
        finally:
            self._pinned_s = None

    def has(self, fault: Fault) -> bool:
        """Say whether a lasting fault is on."""
        return fault in self.faults

    def hand_over(self, action: Callable[[Payload], None], payload: Payload) -> None:
        """Carry out an accepted write once the controller has taken it."""
        if Fault.STALE in self.faults:
            return
        if self.settings.controller_delay_s <= 0:
            action(payload)
            return
        due_s = self.now_s + self.settings.controller_delay_s
        self._on_its_way.append((due_s, lambda: action(payload)))

    def deliver(self, now_s: float) -> None:
        """Carry out what has reached the controller by now."""
        while self._on_its_way and self._on_its_way[0][0] <= now_s:
            self._on_its_way.popleft()[1]()
