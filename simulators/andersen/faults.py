"""Name everything that can be made to go wrong."""

from enum import StrEnum


class Fault(StrEnum):
    """Be a disturbance that tests and the control port switch by name."""

    # The login
    COGNITO_REFUSE = "cognito_refuse"
    """Connections to Cognito break."""
    COGNITO_HANG = "cognito_hang"
    """Cognito takes the request and does not answer."""
    COGNITO_INTERNAL = "cognito_internal"
    COGNITO_THROTTLED = "cognito_throttled"
    COGNITO_FORBIDDEN = "cognito_forbidden"
    """The firewall in front of Cognito refuses."""
    COGNITO_LAMBDA = "cognito_lambda"
    """A trigger behind the pool failed, as in the vendor's outage of July 2026."""
    COGNITO_UNKNOWN = "cognito_unknown"
    """An error code that nobody has seen."""
    COGNITO_HTML = "cognito_html"
    """Some machine in between answers 502 in HTML."""
    PASSWORD_RESET = "password_reset"
    """The person must choose a new password in the app."""
    LOCKED_OUT = "locked_out"
    """Too many wrong passwords before."""
    MULTI_FACTOR = "multi_factor"
    """The account asks for a code by text message."""
    UNKNOWN_CHALLENGE = "unknown_challenge"
    """The login begins with a step that nobody knows."""
    REFRESH_EMPTY = "refresh_empty"
    """A refresh is answered without tokens."""
    NO_DEVICE = "no_device"
    """A login tracks no device."""
    CONFIRM_FAILS = "confirm_fails"
    """ConfirmDevice ends in an internal error."""
    FORGET_DEVICES = "forget_devices"
    """Happens once: every device is deleted at the server."""
    REVOKE_REFRESH = "revoke_refresh"
    """Happens once: every refresh token is revoked."""
    LOOKUP_DOWN = "lookup_down"
    LOOKUP_LIMITED = "lookup_limited"
    """The look-up answers 429."""
    LOOKUP_HANG = "lookup_hang"
    LOOKUP_HTML = "lookup_html"
    """The look-up answers 200 in HTML."""
    LOOKUP_EMPTY = "lookup_empty"
    """The look-up answers 200 with a body that names nobody."""
    LOOKUP_UNKNOWN_IS_200 = "lookup_unknown_is_200"
    """An unknown e-mail address is answered with 200 instead of 404."""

    # GraphQL over HTTP
    TOKEN_REFUSED = "token_refused"
    """Every token is refused in form A (JSON, UNAUTHENTICATED)."""
    TOKEN_REFUSED_401 = "token_refused_401"
    """Every token is refused in form B (a bare 401)."""
    EXPIRY_IS_401 = "expiry_is_401"
    """An expired token is answered in form B instead of form A."""
    RATE_LIMITED = "rate_limited"
    """429 with Retry-After."""
    SERVER_ERROR = "server_error"
    """503 in HTML."""
    HTML = "html"
    """200 in HTML."""
    EMPTY = "empty"
    """200 without a body."""
    NO_DATA = "no_data"
    """200 with JSON that has neither data nor errors."""
    NULL_DATA = "null_data"
    """200 with `{"data": null}`."""
    HANG = "hang"
    REFUSE = "refuse"
    RESOLVER_ERROR = "resolver_error"
    """An errors list and no data."""
    PARTIAL_DATA = "partial_data"
    """An errors list beside complete data."""
    INTERNAL_ERROR = "internal_error"
    """An errors list with the code INTERNAL_SERVER_ERROR."""
    NO_DEVICE_FOUND = "no_device_found"
    """getDevice answers null without an error."""
    NO_LIST = "no_list"
    """getCurrentUserDevices answers null without an error."""
    LOGS_FAIL = "logs_fail"
    """Charge logs end in a resolver error."""
    COMMANDS_FAIL = "commands_fail"
    """Mutations end in a resolver error, the command is not taken."""
    COMMANDS_LOST = "commands_lost"
    """Mutations are taken, and the connection breaks before the answer."""
    VALUES_RETURNED = "values_returned"
    """Mutations answer an object instead of the usual null."""

    # The WebSocket
    NO_WEBSOCKET = "no_websocket"
    """New WebSockets get 503."""
    NO_ACK = "no_ack"
    """connection_init is not answered."""
    DROP_WEBSOCKETS = "drop_websockets"
    """Happens once: every WebSocket ends."""
    SUBSCRIPTION_ERROR = "subscription_error"
    """A subscription is answered with an error frame."""
    GARBAGE = "garbage"
    """Events are no JSON."""
    COMPLETE = "complete"
    """Happens once: the server ends every subscription."""

    # The charger
    OFFLINE = "offline"
    """The charger has lost its network; commands wait in the cloud."""
    IGNORES_COMMANDS = "ignores_commands"
    """Commands are taken by the cloud and never applied."""
    EVSE_FAULT = "evse_fault"
    """The charger reports state 4."""
    EVSE_TEXT = "evse_text"
    """`evseState` arrives as text."""
    EVSE_UNKNOWN = "evse_unknown"
    """`evseState` is a code that nobody knows."""
    RCM_TRIP = "rcm_trip"
    """The residual current monitor has tripped; `rcmReset` clears it."""
    NULLS = "nulls"
    """Every value of the status that may be null is null."""
    POWER_IN_KW = "power_in_kw"
    """`chargePower` is reported in kilowatts."""


HAPPENINGS = frozenset(
    {
        Fault.FORGET_DEVICES,
        Fault.REVOKE_REFRESH,
        Fault.DROP_WEBSOCKETS,
        Fault.COMPLETE,
    }
)
"""Faults that happen once; all others last until cleared."""

COGNITO_CODES = {
    Fault.COGNITO_INTERNAL: ("InternalErrorException", "Internal error"),
    Fault.COGNITO_THROTTLED: ("TooManyRequestsException", "Rate exceeded"),
    Fault.COGNITO_FORBIDDEN: ("ForbiddenException", "Request not allowed"),
    Fault.COGNITO_LAMBDA: (
        "UserLambdaValidationException",
        "PostAuthentication failed with error AccessDeniedException",
    ),
    Fault.COGNITO_UNKNOWN: ("BrandNewException", "Nobody knows this one"),
}
"""Errors that Cognito answers to every operation while the fault lasts."""
