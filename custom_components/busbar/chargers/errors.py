"""Say what can go wrong between us and a charger.

Every make raises these and nothing else, so that one table on the Home Assistant side can
turn them into messages. Silence, `None` or HTTP 200 is not success where a protocol says so.
"""


class ChargerError(Exception):
    """Something between us and a charger went wrong."""


class ConnectionFailed(ChargerError):
    """The charger or its cloud was not reached, or did not answer in time."""


class NeedsRestart(ConnectionFailed):
    """The charger no longer answers, and will not before it is restarted."""


class AuthenticationFailed(ChargerError):
    """The charger or its cloud refused our credentials."""


class WrongDevice(ChargerError):
    """Another device than the expected one answers at this address.

    It is refused, never adopted: its entities and its place in a site belong to a serial number.
    """


class Unsupported(ChargerError):
    """The device cannot do this at all, or not with its present firmware or configuration."""


class Rejected(ChargerError):
    """The device heard the command and did not take it.

    `reason` is the device's or the cloud's own wording, free of secrets, fit to be shown.
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason that the device gave."""
        super().__init__(reason)
        self.reason = reason


class EmptyWindow(Rejected):
    """A slot would be followed that holds no moment: no day, or an end at its start.

    Refused before anything is sent, for what a charger makes of it is an accident: never, or always.
    """


class SlotSkipped(Rejected):
    """A slot of a schedule was named that would come back under another key: those before it are free."""

    def __init__(self, slot: str, free: str) -> None:
        """Keep the slot and the one that is free next."""
        super().__init__(f"{slot} follows {free}, which is free")
        self.slot = slot
        self.free = free


class SlotCurrentOutOfRange(Rejected):
    """A slot of a schedule was given a current that no vehicle can charge with here."""

    def __init__(self, current_a: float, minimum_a: float, maximum_a: float) -> None:
        """Keep the current and what is possible beside 0."""
        super().__init__(f"not 0 and not {minimum_a:g} to {maximum_a:g} A")
        self.current_a = current_a
        self.minimum_a = minimum_a
        self.maximum_a = maximum_a


class RateLimited(ChargerError):
    """A budget is used up; `retry_after_s` seconds from now another attempt makes sense."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        """Keep the waiting time, `None` where the other side named none."""
        super().__init__(f"rate limited, retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s
