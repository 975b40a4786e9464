"""Put what was decided for a member into the form that people see, beside entities and in answers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from homeassistant.util import dt as dt_util

from ..balancer.decision import MemberDecision
from ..balancer.model import Reason
from .config import PHASE_KEYS


def _rounded(value: float | None) -> float | None:
    """Return amperes as people read them."""
    return None if value is None else round(value, 1)


def _reason_numbers(reason: Reason, names: Mapping[str, str]) -> dict[str, Any]:
    numbers = {
        "limit_kind": reason.limit and reason.limit.value,
        "circuit": reason.circuit and names.get(reason.circuit),
        "phase": None if reason.phase is None else PHASE_KEYS[reason.phase],
        "limit": _rounded(reason.limit_a),
        "used": _rounded(reason.used_a),
        "needed": _rounded(reason.needed_a),
        "missing": _rounded(reason.missing_a),
        "sharers": reason.sharers,
    }
    return {key: value for key, value in numbers.items() if value is not None}


def decision_numbers(
    decision: MemberDecision, names: Mapping[str, str], now: float
) -> dict[str, Any]:
    """Return the numbers behind a member's allocation; what has no meaning for it is left out.

    `names` leads from the keys of circuits and members to what people call them, `now` is the time of
    the decision on the monotonic clock.
    """
    numbers = _reason_numbers(decision.reason, names)
    if decision.until_at is not None:
        until = dt_util.utcnow() + timedelta(seconds=decision.until_at - now)
        # Whole seconds: the distance of two clocks jitters.
        numbers["until"] = until.replace(microsecond=0).isoformat()
    if decision.waits_for:
        numbers["waits_for"] = [names[key] for key in decision.waits_for]
    return numbers
