"""In which order set-points are written (rule 3), how often, and for how long (rule 8).

First every reduction; those for a limit pass every write budget and dead band. Then, while slow chargers
still hold what they are to give up, fast ones go lower for them, but not below their minimum. Increases
come last and take only what no charger can still draw, old and new values counted. Renewals of a charger's
own lease pass the dead band. What is held back says until when.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .budget import HOUR_S, budget_until, lease_for
from .inputs import WriteBudget
from .ledger import Ledger
from .member import SAME_A, Member, at_least, minus
from .model import NO_AMPS
from .phases import choice_of
from .safety import in_force_values, recount

RETRY_LATENCIES = 3.0
RETRY_S = 10.0
"""A command is repeated when it was not confirmed after this time plus so many latencies …"""
LONGEST_RETRY_S = 120.0
"""… twice as late each time, at most this late."""
OVERDUE_LATENCIES = 2.0
"""A reduction without confirmation after so many latencies is not obeyed: others make room at any price."""
FUSE_GAP_S = 1.0
"""Reductions pass every budget, but one charger is not asked more often than this."""
TRUCE_GAP_S = 60.0
"""Against another master only a limit is defended, this often at most."""
RENEW_PART = 1 / 3
"""A lease is renewed when this part of it is left."""


@dataclass(slots=True, kw_only=True)
class Writer:
    """Orders the writes of one step."""

    members: Sequence[Member]
    ledger: Ledger
    given: Ledger
    """The same for what discharges push."""
    now: float
    is_starting: bool = False
    is_overloaded: bool = False
    is_healthy: Callable[[Member], bool] = lambda member: True
    """Whether the meters above a member can be believed."""

    def order(self) -> None:
        """Decide what is written now: reductions, room for slow ones, increases, repeats, renewals."""
        for member in self.members:
            self._adopt(member)
        for member in self.members:
            if self._is_steered(member):
                self._reduce(member)
        if self.is_starting:
            return
        waiting = [
            member
            for member in self.members
            if self._is_steered(member) and not member.is_silent
        ]
        waiting.sort(key=lambda member: -member.config.priority)
        for member in waiting:
            self._increase(member)
        for member in waiting:
            self._repeat(member)
            self._renew(member)

    def _adopt(self, member: Member) -> None:
        """Take what was read back for ours, so that nothing is written that is there already."""
        memory, seen = member.memory, member.seen
        if (
            memory.issued_a is None
            and seen is not None
            and seen.confirmed_a is not None
        ):
            member.set_point_a = seen.confirmed_a
        else:
            member.set_point_a = memory.issued_a
        member.set_point_phases = memory.issued_phases

    def _is_steered(self, member: Member) -> bool:
        seen = member.seen
        return (
            seen is not None
            and member.is_read_back
            and member.traits.is_written
            and seen.capabilities.write_budget.is_volatile
        )

    def _reduce(self, member: Member) -> None:
        """Write a reduction: at once for a limit, else within budget and dead band."""
        in_force_a = member.in_force_a
        before_a = member.range.maximum_a if in_force_a is None else in_force_a
        wanted_a = self._as_far_as_exported(member, before_a)
        if wanted_a >= before_a - SAME_A or member.is_silent:
            return
        is_for_limit = before_a > 0 and self.ledger.is_over(
            member.config.circuit, member.may_draw_a
        )
        is_for_limit = is_for_limit or wanted_a < 0 <= before_a
        if self.is_starting and not (is_for_limit and self.is_overloaded):
            return
        if member.memory.has_other_master:
            is_for_limit = is_for_limit and self._quiet_for(member) >= TRUCE_GAP_S
            if not is_for_limit:
                return
        if is_for_limit:
            if self._quiet_for(member) >= FUSE_GAP_S:
                self._issue(member, wanted_a)
        elif before_a - wanted_a >= member.options.dead_band_a or wanted_a == 0:
            if self._may_write(member):
                self._issue(member, wanted_a)

    def _as_far_as_exported(self, member: Member, before_a: float) -> float:
        """Return how much of a discharge that grows fits beside what everybody else may still give."""
        in_force_a = min(before_a, 0.0)
        if not member.counts or member.wanted_a >= in_force_a - SAME_A:
            return member.wanted_a
        most_a = _fitting(member, {member.phases_now}, self.given)
        if most_a >= -member.wanted_a - 1e-6:
            return member.wanted_a
        member.waits_for = self._givers(member)
        settable = member.capabilities.discharge if member.capabilities else None
        settable_a = settable.floor(max(0.0, most_a)) if settable else 0.0
        return min(in_force_a, -settable_a)

    def _givers(self, member: Member) -> list[str]:
        """Return who may still give more than it is to."""
        return [
            other.key
            for other in self.members
            if other is not member
            and max(other.given_a)
            > max(other.on_grid(max(0.0, -other.wanted_a), other.phases_now)) + SAME_A
        ]

    def _quiet_for(self, member: Member) -> float:
        written_at = member.memory.written_at
        return self.now - written_at[-1] if written_at else float("inf")

    def _increase(self, member: Member) -> None:
        """Write an increase, as far as nobody can still draw what it takes."""
        memory = member.memory
        if member.is_silent or memory.has_other_master or member.write_now:
            return
        before_a = member.in_force_a or 0.0
        phases_before = memory.issued_phases or member.phases_now
        phases = member.wanted_phases or phases_before
        if phases != phases_before:
            self._switch(member, before_a, phases_before)
            return
        if member.wanted_a <= before_a + SAME_A:
            return
        new_a = self._as_far_as_free(member, {phases})
        if new_a < member.wanted_a - SAME_A:
            member.waits_for = self._holders(member)
        # A discharge ends at once; it shrinks at once unless its mode alone asks for less.
        ends_discharge = before_a < 0 and (
            member.wanted_a >= 0 or not _is_by_mode(member)
        )
        is_worth_it = new_a - before_a >= member.options.dead_band_a or (
            new_a > before_a + SAME_A
            and new_a >= member.range.floor(member.config.maximum_a)
        )
        if is_worth_it and self._may_write(member, is_urgent=ends_discharge):
            self._issue(member, new_a)
            memory.raised_at = self.now

    def _switch(self, member: Member, before_a: float, phases_before: int) -> None:
        """Write another phase count; with more current only where it fits on both phase sets."""
        phases = member.wanted_phases
        most_a = self._as_far_as_free(member, {phases, phases_before})
        if phases > phases_before and before_a > 0:
            is_settled = member.memory.hold_a is None
            if not is_settled or most_a < before_a - SAME_A:
                member.waits_for = self._holders(member)
                return
        is_for_limit = self.ledger.is_over(member.config.circuit, member.may_draw_a)
        if self._may_write(member, is_urgent=is_for_limit):
            self._issue(member, max(most_a, min(before_a, member.wanted_a)), phases)
            member.memory.raised_at = self.now

    def _as_far_as_free(self, member: Member, phases: set[int]) -> float:
        """Return how much of its entitlement fits beside what everybody else may draw now."""
        if not member.counts or member.wanted_a < 0:
            return member.wanted_a
        most_a = _fitting(member, phases, self.ledger)
        if most_a >= member.wanted_a - 1e-6:
            return member.wanted_a
        least_a = max(choice_of(member, count).minimum_a for count in phases)
        settable_a = member.range.floor(most_a)
        return settable_a if settable_a >= least_a - 1e-6 else 0.0

    def _holders(self, member: Member) -> list[str]:
        """Return who may still draw more than it is entitled to."""
        return [
            other.key
            for other in self.members
            if other is not member
            and any(
                excess > SAME_A
                for excess in minus(
                    other.may_draw_a,
                    other.on_grid(max(0.0, other.wanted_a), other.wanted_phases or 3),
                )
            )
        ]

    def _issue(
        self, member: Member, current_a: float, phases: int | None = None
    ) -> None:
        """Write a set-point, and count the old one until the new one is confirmed."""
        memory = member.memory
        held_a = max(0.0, *in_force_values(member), 0.0)
        if phases is not None:
            memory.hold_phases = memory.issued_phases or member.phases_now
            memory.phases_at = self.now
            memory.issued_phases, memory.changed_at = phases, self.now
        memory.hold_a = held_a
        if (
            abs(current_a - (memory.issued_a if memory.issued_a is not None else -1e9))
            > SAME_A
        ):
            memory.attempts, memory.changed_at = 0, self.now
            memory.was_confirmed = False
            memory.before_a = member.in_force_a
        memory.issued_a, memory.issued_at = current_a, self.now
        memory.is_confirmed, memory.confirmed_at = False, None
        memory.written_at = (
            *(at for at in memory.written_at if at > self.now - HOUR_S),
            self.now,
        )
        member.set_point_a, member.set_point_phases = current_a, memory.issued_phases
        member.write_now = True
        member.lease_s = lease_for(member, current_a)
        memory.lease_ends_at = (
            None if member.lease_s is None else self.now + member.lease_s
        )
        if member.counts:
            for ledger in (self.ledger, self.given):
                ledger.count(member, -1.0)
            recount(member)
            for ledger in (self.ledger, self.given):
                ledger.count(member)

    def _repeat(self, member: Member) -> None:
        """Write again what was not confirmed in time, or failed."""
        memory, seen = member.memory, member.seen
        assert seen is not None
        is_open = memory.issued_a is not None and memory.issued_at is not None
        if (
            not is_open
            or memory.is_confirmed
            or member.write_now
            or memory.has_other_master
        ):
            return
        assert memory.issued_at is not None
        is_urgent = self._lowers(member)
        wait_s = self._patience_s(member, is_urgent=is_urgent)
        is_late = self.now - memory.issued_at >= wait_s
        if (
            is_late
            and seen.write is None
            and self._may_write(member, is_urgent=is_urgent)
        ):
            attempts = memory.attempts
            assert memory.issued_a is not None
            self._issue(member, memory.issued_a)
            memory.attempts = attempts + 1

    def _patience_s(self, member: Member, *, is_urgent: bool) -> float:
        """Return after how long a command that was not confirmed is repeated."""
        seen, memory = member.seen, member.memory
        assert seen is not None
        assert memory.issued_at is not None
        failed_at = seen.write_failed_at
        wait_s = RETRY_S + RETRY_LATENCIES * member.latency_s
        if failed_at is not None and failed_at >= memory.issued_at:
            wait_s = member.options.car_delay_s
        elif is_urgent:
            wait_s = member.options.car_delay_s + member.latency_s
        return min(wait_s * float(2 ** min(memory.attempts, 5)), LONGEST_RETRY_S)

    def _lowers(self, member: Member) -> bool:
        """Return whether the open command is a reduction that a limit waits for."""
        return self.ledger.is_over(member.config.circuit, member.may_draw_a)

    def _renew(self, member: Member) -> None:
        """Renew the charger's own lease while we are healthy, dead band or not."""
        memory = member.memory
        if memory.lease_ends_at is None or member.write_now or memory.issued_a is None:
            return
        lease_s = lease_for(member, memory.issued_a)
        left_s = memory.lease_ends_at - self.now
        if (
            lease_s is None
            or left_s > RENEW_PART * lease_s
            or not self.is_healthy(member)
        ):
            return
        if self._may_write(member, is_urgent=left_s < RENEW_PART * lease_s / 2):
            self._issue(member, memory.issued_a)

    def _may_write(self, member: Member, *, is_urgent: bool = False) -> bool:
        """Return whether the write budget allows it; where not, say until when it does not.

        What is urgent passes the budget.
        """
        seen = member.seen
        assert seen is not None
        budget = seen.capabilities.write_budget
        if is_urgent:
            return self._quiet_for(member) >= FUSE_GAP_S
        until_at = seen.retry_at or 0.0
        until_at = max(
            until_at, budget_until(budget, self._written_at(member, budget), self.now)
        )
        if until_at > self.now:
            member.until_at = until_at
            return False
        return True

    def _written_at(self, member: Member, budget: WriteBudget) -> list[float]:
        """Return all writes that count on the same budget, oldest first."""
        if budget.account is None:
            return list(member.memory.written_at)
        return sorted(
            at
            for other in self.members
            if other.seen
            and other.seen.capabilities.write_budget.account == budget.account
            for at in other.memory.written_at
        )


def _fitting(member: Member, phases: set[int], ledger: Ledger) -> float:
    """Return the current per terminal that fits beside what everybody else may let flow."""
    grid_a = NO_AMPS
    for count in phases:
        grid_a = at_least(grid_a, member.on_grid(1.0, count))
    room_a = ledger.room_a(member.config.circuit)
    return min(
        (own + room) / count
        for own, room, count in zip(ledger.of(member), room_a, grid_a, strict=True)
        if count
    )


def _is_by_mode(member: Member) -> bool:
    """Return whether nothing but its mode asks for no more."""
    return member.reason is not None and member.reason.key is member.asked_key


def is_overdue(member: Member) -> bool:
    """Return whether a reduction should have had its effect by now, or is known to have failed."""
    seen, memory = member.seen, member.memory
    if seen is None or memory.issued_a is None or memory.issued_at is None:
        return False
    if seen.write_failed_at is not None and seen.write_failed_at >= memory.issued_at:
        return True
    if memory.attempts > 0:
        return not memory.is_confirmed
    waited_s = member.now - memory.issued_at
    return not memory.is_confirmed and waited_s > OVERDUE_LATENCIES * member.latency_s
