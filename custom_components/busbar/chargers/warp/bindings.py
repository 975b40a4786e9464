"""List what a WARP offers beyond the common abilities, in one table."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..features import (
    Amount,
    Audience,
    Choice,
    Feature,
    FeatureValue,
    Flag,
    Quantity,
    Reading,
    Setting,
    Toggle,
)
from . import paths
from .codes import (
    CHARGE_MODES,
    DC_FAULTS,
    DEFAULT_MODE,
    DURATIONS,
    LED_DURATION_MS,
    LED_INDICATIONS,
    LOCK_STATES,
)
from .features import Binding, Offer, Read
from .parse import (
    MAXIMUM_MA,
    MILLI,
    MINIMUM_MA,
    amperes,
    as_bool,
    as_int,
    as_list,
    as_number,
    as_object,
    milliamperes,
)
from .states import States


def _if_there(path: str) -> Offer:
    """Offer a feature where its state exists."""
    return lambda states, feature: feature if path in states else None


def _if_field(path: str, name: str) -> Offer:
    """Offer a feature where its state has the field."""
    return lambda states, feature: feature if name in states.object(path) else None


def _field(name: str, convert: Read) -> Read:
    """Read one field of an object."""
    return lambda payload: convert(as_object(payload).get(name))


def _code(table: Mapping[int, str]) -> Read:
    """Read a number as its key; unknown numbers are not known."""

    def read(value: Any) -> str | None:
        number = as_int(value)
        return None if number is None else table.get(number)

    return read


def _number_of(table: Mapping[int, str], key: str) -> int:
    """Return the number behind a key."""
    return next(number for number, name in table.items() if name == key)


def _toggle(
    key: str,
    path: str,
    name: str = "enabled",
    *,
    audience: Audience = Audience.SETUP,
    persistent: bool = True,
) -> Binding:
    """Bind a switch that is the only field of its state, or one of several."""
    return Binding(
        feature=Toggle(key=key, audience=audience, persistent=persistent),
        path=path,
        read=_field(name, as_bool),
        offer=_if_field(path, name),
        write=lambda present, value: {**present, name: value},
    )


def _flag(
    key: str, path: str, name: str = "enabled", audience: Audience = Audience.EXPERT
) -> Binding:
    """Bind a yes or no that is only shown."""
    return Binding(
        feature=Flag(key=key, audience=audience),
        path=path,
        read=_field(name, as_bool),
        offer=_if_field(path, name),
    )


def _current(key: str, path: str) -> Binding:
    """Bind a persistent current, 0 or 6 to 32 A."""
    return Binding(
        feature=Amount(
            key=key,
            audience=Audience.EXPERT,
            persistent=True,
            quantity=Quantity.CURRENT_A,
            minimum=MINIMUM_MA / MILLI,
            maximum=MAXIMUM_MA / MILLI,
            step=0.1,
            also_zero=True,
        ),
        path=path,
        read=_field("current", amperes),
        offer=_if_field(path, "current"),
        write=lambda present, value: {**present, "current": milliamperes(value)},
    )


def _coded_reading(key: str, path: str, name: str, table: Mapping[int, str]) -> Binding:
    """Bind a number that stands for a word."""
    return Binding(
        feature=Reading(
            key=key, audience=Audience.EXPERT, options=tuple(table.values())
        ),
        path=path,
        read=_field(name, _code(table)),
        offer=_if_field(path, name),
    )


def _offer_charge_mode(supported_path: str) -> Offer:
    """Offer the charge modes that the device says it has."""

    def offer(states: States, feature: Feature) -> Feature | None:
        numbers = [as_int(number) for number in as_list(states.get(supported_path))]
        modes = [
            CHARGE_MODES[number]
            for number in numbers
            if number is not None and number in CHARGE_MODES and number != DEFAULT_MODE
        ]
        if not modes or not isinstance(feature, Choice):
            return None
        return replace(feature, options=tuple(dict.fromkeys(modes)))

    return offer


def charge_mode(path: str, supported_path: str) -> Binding:
    """Bind the charge mode of a charger or of a whole group."""
    inner = _offer_charge_mode(supported_path)
    return Binding(
        feature=Choice(key="charge_mode", options=()),
        path=path,
        read=_field("mode", _code(CHARGE_MODES)),
        offer=lambda states, feature: (
            inner(states, feature) if path in states else None
        ),
        write=lambda _present, value: {"mode": _number_of(CHARGE_MODES, value)},
        is_slow=True,
    )


def _override(
    feature: Setting, name: str, command: str, read: Read, convert: Callable[[Any], int]
) -> Binding:
    """Bind one limit of the running charge."""
    return Binding(
        feature=feature,
        path=paths.ACTIVE_LIMITS,
        read=_field(name, read),
        offer=_if_field(paths.ACTIVE_LIMITS, name),
        write=lambda _present, value: {name: convert(value)},
        write_path=command,
    )


def _watt_hours(value: Any) -> float | None:
    """Read watt hours as kilowatt hours."""
    number = as_int(value)
    return None if number is None else number / 1000


def _centi(value: Any) -> float | None:
    """Read hundredths of a degree."""
    number = as_number(value)
    return None if number is None else number / 100


def _led(value: Any) -> str | None:
    """Read the LED; every brightness between off and on is dimmed."""
    number = as_int(value)
    if number is not None and 0 < number < 255:
        return LED_INDICATIONS[64]
    return None if number is None else LED_INDICATIONS.get(number)


def _write_led(present: Mapping[str, Any], value: Any) -> object:
    """Return an indication with the keys that this firmware knows, in the default colour."""
    wanted = dict.fromkeys(present, 0)
    return {
        **wanted,
        "indication": _number_of(LED_INDICATIONS, value),
        "duration": LED_DURATION_MS,
    }


def _offer_led(states: States, feature: Feature) -> Feature | None:
    """Offer the LED only while its configuration allows us to use it."""
    allowed = states.object(paths.LED_CONFIGURATION).get("enable_api") is True
    return feature if allowed and paths.INDICATOR_LED in states else None


def _offer_lock(states: States, feature: Feature) -> Feature | None:
    """Offer the lock of the cable only where there is one."""
    has_lock = states.object(paths.HARDWARE).get("has_lock_switch") is True
    return feature if has_lock else None


def _last_charge(name: str) -> Read:
    """Read a field of the newest charge."""

    def read(payload: Any) -> FeatureValue | None:
        charges = as_list(payload)
        return as_number(as_object(charges[-1]).get(name)) if charges else None

    return read


def _diagnostic(
    key: str, path: str, name: str, quantity: Quantity, read: Read = as_int
) -> Binding:
    """Bind a number for experts."""
    return Binding(
        feature=Reading(key=key, audience=Audience.EXPERT, quantity=quantity),
        path=path,
        read=_field(name, read),
        offer=_if_field(path, name),
    )


CHARGER_BINDINGS: Final = (
    _toggle("boost", "evse/boost_mode"),
    _toggle("auto_start", "evse/auto_start_charging", "auto_start_charging"),
    _toggle(
        "clear_on_disconnect",
        paths.EXTERNAL_CLEAR,
        "clear_on_disconnect",
        persistent=False,
    ),
    _toggle("phase_auto_switch", paths.PHASE_AUTO_SWITCH, audience=Audience.EXPERT),
    _toggle("vehicle_wake_up", "evse/ev_wakeup", audience=Audience.EXPERT),
    _toggle(
        "led_control", paths.LED_CONFIGURATION, "enable_api", audience=Audience.EXPERT
    ),
    _current("configured_current", paths.GLOBAL_CURRENT),
    _current("restart_current", paths.EXTERNAL_DEFAULTS),
    _toggle(
        "restart_clear_on_disconnect",
        paths.EXTERNAL_DEFAULTS,
        "clear_on_disconnect",
        audience=Audience.EXPERT,
    ),
    Binding(
        feature=Choice(
            key="led", audience=Audience.EXPERT, options=tuple(LED_INDICATIONS.values())
        ),
        path=paths.INDICATOR_LED,
        read=_field("indication", _led),
        offer=_offer_led,
        write=_write_led,
    ),
    charge_mode(paths.CHARGE_MODE, paths.SUPPORTED_CHARGE_MODES),
    _override(
        Choice(key="duration_limit", options=tuple(DURATIONS.values())),
        "duration",
        paths.OVERRIDE_DURATION,
        _code(DURATIONS),
        lambda value: _number_of(DURATIONS, value),
    ),
    _override(
        Amount(
            key="energy_limit",
            quantity=Quantity.ENERGY_KWH,
            minimum=0.0,
            maximum=100.0,
            step=0.5,
        ),
        "energy_wh",
        paths.OVERRIDE_ENERGY,
        _watt_hours,
        lambda value: round(value * 1000),
    ),
    _override(
        Amount(
            key="charge_level_limit",
            quantity=Quantity.PERCENT,
            minimum=0.0,
            maximum=100.0,
            step=1.0,
        ),
        "soc_pct",
        paths.OVERRIDE_SOC,
        as_number,
        round,
    ),
    _flag("button_pressed", paths.BUTTON_STATE, "button_pressed", Audience.SETUP),
    _flag("external_control_enabled", paths.EXTERNAL_ENABLED),
    _flag("charge_management_enabled", paths.MANAGEMENT_ENABLED),
    _flag("user_authorization_enabled", "evse/user_enabled"),
    _flag("modbus_tcp_enabled", "evse/modbus_tcp_enabled"),
    _flag("ocpp_enabled", "evse/ocpp_enabled"),
    _coded_reading(
        "residual_current_state", paths.EVSE_STATE, "dc_fault_current_state", DC_FAULTS
    ),
    replace(
        _coded_reading("cable_lock_state", paths.EVSE_STATE, "lock_state", LOCK_STATES),
        offer=_offer_lock,
    ),
    _diagnostic("contactor_state", paths.EVSE_STATE, "contactor_state", Quantity.PLAIN),
    _diagnostic("contactor_error", paths.EVSE_STATE, "contactor_error", Quantity.PLAIN),
    _diagnostic(
        "temperature",
        paths.LOW_LEVEL_STATE,
        "temperature",
        Quantity.TEMPERATURE_C,
        _centi,
    ),
    Binding(
        feature=Reading(
            key="last_charge_energy",
            audience=Audience.SETUP,
            quantity=Quantity.ENERGY_KWH,
        ),
        path=paths.LAST_CHARGES,
        read=_last_charge("energy_charged"),
        offer=_if_there(paths.LAST_CHARGES),
    ),
    Binding(
        feature=Reading(
            key="last_charge_duration",
            audience=Audience.SETUP,
            quantity=Quantity.DURATION_S,
        ),
        path=paths.LAST_CHARGES,
        read=_last_charge("charge_duration"),
        offer=_if_there(paths.LAST_CHARGES),
    ),
    _diagnostic(
        "tracked_charges", paths.TRACKER_STATE, "tracked_charges", Quantity.PLAIN
    ),
)
GROUP_BINDINGS: Final = (
    charge_mode(paths.GROUP_CHARGE_MODE, paths.GROUP_SUPPORTED_CHARGE_MODES),
)
