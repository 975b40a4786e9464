"""Be one Quasar to the rest of the house."""

from collections.abc import Awaitable, Callable
import contextlib
from typing import Final, override

from ..errors import ChargerError, ConnectionFailed, Rejected, Unsupported
from ..features import FeatureValue
from ..model import (
    Capabilities,
    Charger,
    FallsSilent,
    HasSettings,
    Identity,
    Locks,
    LostListener,
    Pauses,
    ReleasesControl,
    SetsCurrent,
    Snapshot,
    SnapshotListener,
    TakesControl,
    Unsubscribe,
)
from . import features
from .client import QuasarClient
from .control import RemoteControl
from .facts import Facts
from .memory import Memory
from .observer import Observer
from .parse import Readout
from .presence import Presence
from .pursuit import Pursuit
from .reader import QuasarReader
from .recovery import MakeRecovery
from .setpoint import whole_amps
from .steering import Steering

# Longer unheard, the charger may have stopped by its watchdog or restarted.
_AWAY_S: Final = 30.0

SILENT: Final = "silent on purpose, until something is wanted again"
HANDS_OFF: Final = "hands-off: switch external control on first"


class QuasarCharger(
    Charger,
    SetsCurrent,
    Pauses,
    Locks,
    HasSettings,
    TakesControl,
    ReleasesControl,
    FallsSilent,
):
    """Read it always; write to it only once a person allowed that."""

    def __init__(
        self,
        client: QuasarClient,
        remote: RemoteControl,
        memory: Memory,
        make_recovery: MakeRecovery,
        *,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[None]],
        on_change: Callable[[], None],
    ) -> None:
        """Prepare; nothing is sent before `open`."""
        self._client = client
        self._memory = memory
        self._clock = clock
        self._reader = QuasarReader(client, clock=clock)
        self._observer = Observer(memory, clock=clock)
        self._presence = Presence(on_change)
        self._recovery = make_recovery(self._observer, self._presence.notify_lost)
        self._steering = Steering(remote, clock=clock)
        self._steering.is_held_back = memory.now.held_back
        self._pursuit = Pursuit(
            self._steering,
            read=self._read,
            read_level=self._read_level,
            clock=clock,
            pause=pause,
        )
        self._readout: Readout | None = None
        self._heard_at = self._received_at = clock()
        self._shown_state = 0
        self._is_back = self._is_silent = False
        self._is_released = self._is_giving_back = False

    # What it is

    @property
    @override
    def identity(self) -> Identity:
        return self._presence.identity

    @property
    @override
    def capabilities(self) -> Capabilities:
        return self._presence.capabilities

    @property
    @override
    def snapshot(self) -> Snapshot | None:
        return self._presence.snapshot

    @override
    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        return self._presence.subscribe(on_snapshot, on_lost)

    # Reading

    async def open(self) -> None:
        """Identify and read once. Raises `ChargerError`; writes nothing."""
        self._client.speak()
        readout = await self._reader.read()
        if self._memory.now.external_control:
            self._steering.adopt(readout)
        self._take(readout)

    @override
    async def refresh(self) -> Snapshot:
        if self._is_silent:
            raise ConnectionFailed(SILENT)
        if not self._recovery.may_try:
            raise self._recovery.error()
        try:
            snapshot = await self._read()
        except ConnectionFailed as err:
            self._failed(err)
            raise self._recovery.error() from err
        if not (self._is_back and self._steering.wanted_a):
            # Else whoever steers it, who could not say what is wanted by now, gets until the next round for it.
            self._see_to_the_rest()
        return snapshot

    async def _read(self) -> Snapshot:
        snapshot = self._take(await self._reader.read())
        if self._is_back and self._is_steered and await self._pursuit.take_back():
            # Shown once it is ours again: its own restart is no other master.
            snapshot = self._take(await self._reader.read())
            self._is_back = True
        self._presence.notify()
        return snapshot

    async def _read_quietly(self) -> None:
        with contextlib.suppress(ChargerError):
            await self._read()

    async def _read_level(self) -> bool:
        raw = await self._reader.read_state_of_charge()
        self._heard_at = now = self._clock()
        self._observer.observe_level(raw, vehicle_connected=True, now=now)
        return self._observer.level_percent is not None

    def _failed(self, err: ConnectionFailed) -> None:
        is_ours = self._memory.now.external_control
        if self._recovery.failed(err, serial=self.identity.serial, is_ours=is_ours):
            self._presence.notify_lost(self._recovery.error())

    def _take(self, readout: Readout) -> Snapshot:
        """Conclude from a reading, and say what is known now."""
        self._heard_again(readout.at)
        self._readout = readout
        self._observer.observe(readout)
        self._steering.observe(readout)
        self._enforce()
        if not self._steering.is_probing:
            self._shown_state = readout.measured.state
        self._received_at = self._clock()
        return self._show(readout)

    def _heard_again(self, now: float) -> None:
        self._is_back = self._readout is not None and now - self._heard_at >= _AWAY_S
        if self._is_back:
            self._steering.was_away()
        self._recovery.heard()
        self._heard_at = now

    def _enforce(self) -> None:
        if not self._memory.now.external_control:
            return
        barrier = self._steering.enforce(
            self._memory.now.rules, self._observer.level_percent
        )
        if barrier is not None:
            self._observer.happened(features.PROTECTION, barrier.value)

    def _facts(self, readout: Readout) -> Facts:
        steering, observer = self._steering, self._observer
        return Facts(
            readout=readout,
            received_at=self._received_at,
            remembered=self._memory.now,
            energy=observer.energy,
            shown_state=self._shown_state,
            level_percent=observer.level_percent,
            error=observer.error,
            commanded_a=steering.commanded_a,
            commanded_at=steering.commanded_at,
            pending_a=steering.pending_a,
            is_released=not steering.is_held_back,
            is_probing=steering.is_probing,
            watchdog_s=steering.remote.armed_watchdog_s,
            is_refusing_discharge=observer.refuses_discharge(
                readout, steering.commanded_a
            ),
            has_dc=self._reader.has_dc,
            can_restart=self._recovery.can_restart,
            occurrences=observer.occurrences,
        )

    def _show(self, readout: Readout) -> Snapshot:
        return self._presence.show(self._facts(readout), self._client.device)

    # Steering it

    @override
    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Want this current from now on; + charge, - discharge, ±1 and ±2 A are 0.

        Inside the guard time of the last set-point it waits for its turn, unless it is less; the
        snapshot's `commanded_a` tells what was sent. Raises `ChargerError`.
        """
        if lease_s is not None:
            raise Unsupported("its limits do not end by themselves")
        self._check_allowed()
        setpoint_a = whole_amps(current_a)
        settable = self.capabilities.charge
        if settable is None or abs(setpoint_a) > settable.maximum_a:
            raise Rejected(f"{current_a:g} A is more than the charger can")
        self._steering.wish(
            setpoint_a, self._memory.now.rules, self._observer.level_percent
        )
        await self._apply()

    @override
    async def set_charging(self, released: bool) -> None:
        self._check_allowed()
        if released:
            self._steering.check_start(
                self._memory.now.rules, self._observer.level_percent
            )
        self._steering.hold_back(not released)
        self._memory.change(held_back=not released)
        await self._apply()

    @override
    async def set_control(self, allowed: bool) -> None:
        if allowed:
            await self._take_control()
        else:
            self._break_silence()
            await self.release()
            self._memory.change(external_control=False, held_back=False)
            self._steering.is_held_back = False
        await self._read_quietly()
        self._see_to_the_rest()

    async def _take_control(self) -> None:
        self._wake()
        self._steering.begin()
        async with self._pursuit.lock:
            await self._steering.take()
        self._memory.change(external_control=True)

    @override
    async def set_locked(self, locked: bool) -> None:
        self._check_allowed()
        async with self._pursuit.lock:
            if self._steering.is_lost:
                await self._steering.take()
            await self._steering.remote.set_locked(locked)
        await self._read_quietly()

    @override
    async def release(self) -> None:
        """Stop, and give control back; until something is wanted, it is not taken again."""
        if not self._memory.now.external_control:
            return
        self._is_released = self._is_giving_back = True
        try:
            await self._pursuit.stop()
            async with self._pursuit.lock:
                await self._steering.release()
        except ChargerError:
            # Not given back, so the stop is still to be written once it is heard again.
            self._is_released = False
            raise
        finally:
            self._is_giving_back = False

    @override
    async def fall_silent(self) -> None:
        # Any message feeds the charger's watchdog. In silence it ends by itself what we could not stop.
        await self._pursuit.stop()
        if self._memory.now.external_control and not self._is_released:
            with contextlib.suppress(ChargerError):
                async with self._pursuit.lock:
                    await self._steering.stop_now()
        self._is_silent = True
        self._client.hush()

    def _check_allowed(self) -> None:
        # Whoever waited behind the giving back would take control again.
        if self._is_giving_back or not self._memory.now.external_control:
            raise Rejected(HANDS_OFF)
        self._wake()

    def _wake(self) -> None:
        """Steer again, after falling silent or giving control back."""
        self._is_released = False
        self._break_silence()

    def _break_silence(self) -> None:
        self._is_silent = False
        self._client.speak()

    async def _apply(self) -> None:
        """Write what may be written now, and see to the rest. Raises `ChargerError`."""
        assert self._readout is not None
        try:
            await self._pursuit.apply()
        finally:
            # What was sent shows without waiting for the next reading, also where no answer came.
            self._show(self._readout)
            self._presence.notify()
        self._see_to_the_rest(supervise=True)

    def _see_to_the_rest(self, *, supervise: bool = False) -> None:
        if self._is_steered:
            self._pursuit.start(supervise=supervise)

    @property
    def _is_steered(self) -> bool:
        """Return whether it is in our hands, and neither given back nor left to its watchdog."""
        rests = self._is_released or self._is_silent
        return self._memory.now.external_control and not rests

    # Settings and commands of its own

    @override
    async def set_value(self, key: str, value: FeatureValue) -> None:
        """Write a setting. Raises `ChargerError`."""
        match key, value:
            case ((features.FLOOR | features.CEILING), (int() | float())):
                self._set_level(key, round(value))
            case _:
                raise Unsupported("it has no such setting")
        await self._read_quietly()
        self._see_to_the_rest()

    def _set_level(self, key: str, percent: int) -> None:
        remembered = self._memory.now
        floor, ceiling = remembered.floor_percent, remembered.ceiling_percent
        if key == features.FLOOR:
            floor = percent
        else:
            ceiling = percent
        if floor >= ceiling:
            raise Rejected("the floor has to be below the ceiling")
        self._memory.change(floor_percent=floor, ceiling_percent=ceiling)

    @override
    async def run_command(self, key: str) -> None:
        """Run a command. Raises `ChargerError`."""
        match key:
            case features.READ_LEVEL:
                await self._probe()
            case features.RESTART:
                await self._recovery.restart(self.identity.serial)
            case _:
                raise Unsupported("it has no such command")

    async def _probe(self) -> None:
        """Let 3 A flow until the vehicle says its state of charge, for a minute at most."""
        self._check_allowed()
        if self._steering.is_held_back:
            raise Rejected("the charge is held back")
        if self._readout is None or not self._readout.measured.vehicle_connected:
            raise Rejected("no vehicle is connected")
        if self._observer.level_percent is None:
            self._pursuit.begin_probe()
            await self._apply()

    # Going

    async def close(self) -> None:
        """End the tasks and the connection; writes nothing, never raises."""
        await self._pursuit.stop()
        await self._recovery.stop()
        self._observer.save()
        self._client.hush()
