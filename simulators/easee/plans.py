"""Keep the charge plans of one charger; only one kind is active at a time."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

KINDS = ("delayed", "daily", "weekly")
DAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


class PlanError(ValueError):
    """Refuse a plan that the cloud would refuse."""


class Plans:
    """Store plans and say whether charging is allowed now."""

    def __init__(self) -> None:
        """Begin without a plan."""
        self.enabled = "none"
        self.definitions: dict[str, dict[str, Any] | None] = dict.fromkeys(
            (*KINDS, "offPeak", "tariff")
        )
        self.is_overridden = False

    def answer(self) -> dict[str, Any]:
        """Return all plans as one object."""
        plans = {kind: self.definition(kind) for kind in self.definitions}
        return {"enabled": self.enabled, **plans}

    def definition(self, kind: str) -> dict[str, Any] | None:
        """Return one plan with its present state."""
        stored = self.definitions.get(kind)
        return None if stored is None else {**stored, "enabled": self.enabled == kind}

    def store(self, kind: str, body: dict[str, Any]) -> None:
        """Take a plan over, raising PlanError for one that makes no sense."""
        _check_zone(body.get("timezone"))
        if kind != "delayed":
            periods = body.get("periods")
            if not isinstance(periods, list) or not periods:
                raise PlanError("periods")
            for period in periods:
                _check_period(kind, period)
        self.definitions[kind] = {
            key: value for key, value in body.items() if key != "enabled"
        }
        self.switch(kind, on=bool(body.get("enabled")))

    def switch(self, kind: str, *, on: bool) -> None:
        """Make a kind the active one, or none if it was."""
        if on:
            self.enabled = kind
            self.is_overridden = False
        elif self.enabled == kind:
            self.enabled = "none"

    def delete(self, kind: str) -> None:
        """Forget a plan."""
        self.definitions[kind] = None
        self.switch(kind, on=False)

    def limit_a(self, epoch_s: float) -> float | None:
        """Return the amperes of the window that is open; 0 outside, None without a plan."""
        plan = self.definitions.get(self.enabled)
        if plan is None or self.is_overridden or self.enabled == "delayed":
            return None
        local = datetime.fromtimestamp(epoch_s, UTC).astimezone(
            ZoneInfo(plan["timezone"])
        )
        for period in plan["periods"]:
            if _is_open(period, local):
                return float(period["maximumAmps"])
        return 0.0


def _is_open(period: dict[str, Any], local: datetime) -> bool:
    """Return whether a window covers this local time."""
    start = time.fromisoformat(period["startTime"])
    stop = time.fromisoformat(period["stopTime"])
    passes_midnight = stop <= start
    now = local.time()
    is_today = _starts_on(period, local)
    is_yesterday = _starts_on(period, local - timedelta(days=1))
    if not passes_midnight:
        return is_today and start <= now < stop
    return (is_today and now >= start) or (is_yesterday and now < stop)


def _starts_on(period: dict[str, Any], local: datetime) -> bool:
    """Return whether a window starts on that day; a daily one does on each."""
    today = DAYS[local.weekday()]
    return bool(period.get("startDay", today) == today)


def _check_zone(name: object) -> None:
    if not isinstance(name, str):
        raise PlanError("timezone")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise PlanError("timezone") from error


def _check_period(kind: str, period: dict[str, Any]) -> None:
    try:
        time.fromisoformat(period["startTime"])
        time.fromisoformat(period["stopTime"])
        is_whole = isinstance(period["maximumAmps"], int)
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError("period") from error
    if not is_whole:
        raise PlanError("maximumAmps")
    if kind == "weekly" and not {period.get("startDay"), period.get("stopDay")} <= set(
        DAYS
    ):
        raise PlanError("day")
