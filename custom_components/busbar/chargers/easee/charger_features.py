"""List what an Easee charger offers beyond the common abilities."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from ..features import (
    Amount,
    Audience,
    Choice,
    Command,
    Flag,
    Happening,
    Quantity,
    Reading,
    Toggle,
)
from .budget import Kind
from .features import Entry, Write, code_of, flag, number, option
from .observations import GRIDS, NODES, OFFLINE_MODES, PHASE_MODES, RADIOS, REASONS, Obs
from .parse import grid, reason
from .schedule import DAILY, WEEKLY
from .setpoint import Cause

if TYPE_CHECKING:
    from .charger import EaseeCharger

STEERED_BY: Final = ("circuit", "charger")


def _library(
    call: Callable[[Any, Any], Awaitable[Any]], kind: Kind = Kind.SETTING
) -> Write:
    """Write through a method of the library's charger."""

    async def write(charger: EaseeCharger, value: Any) -> None:
        library = charger.found.library
        await charger.link.client.command(kind, lambda: call(library, value))

    return write


def _setting(name: str) -> Write:
    """Write a setting that the library has no method for, or one that pauses."""

    async def write(charger: EaseeCharger, value: Any) -> None:
        body = {name: int(value) if isinstance(value, float) else value}
        path = f"/api/chargers/{charger.found.id}/settings"
        await charger.link.client.post(Kind.SETTING, path, body)

    return write


def _toggle(key: str, observation: int, write: Write, audience: Audience) -> Entry:
    return Entry(
        feature=Toggle(key=key, audience=audience, persistent=True),
        read=flag(observation),
        write=write,
    )


def _choice(
    key: str, observation: int, names: dict[int, str], name: str, audience: Audience
) -> Entry:
    write = _setting(name)
    return Entry(
        feature=Choice(
            key=key, audience=audience, persistent=True, options=tuple(names.values())
        ),
        read=option(observation, names),
        write=lambda charger, value: write(charger, code_of(names, value)),
    )


def _plan(kind: str) -> Entry:
    async def write(charger: EaseeCharger, value: bool) -> None:
        await charger.plans.switch(kind, on=value)
        charger.touch()

    return Entry(
        feature=Toggle(key=f"{kind}_plan", persistent=True),
        read=lambda charger: charger.plans.active(kind),
        write=write,
    )


def _command(
    key: str,
    call: Callable[[Any], Awaitable[Any]],
    audience: Audience = Audience.DAILY,
    *,
    restarts: bool = False,
) -> Entry:
    async def run(charger: EaseeCharger) -> None:
        library = charger.found.library
        await charger.link.client.command(Kind.COMMAND, lambda: call(library))

    return Entry(
        feature=Command(key=key, audience=audience, restarts=restarts), run=run
    )


def _names(key: str, options: tuple[str, ...], audience: Audience, read: Any) -> Entry:
    return Entry(
        feature=Reading(key=key, audience=audience, options=options), read=read
    )


async def _write_own_limit(charger: EaseeCharger, value: float) -> None:
    await charger.set_own_limit(int(value))


def _update_available(charger: EaseeCharger) -> bool | None:
    installed = charger.reports.code(Obs.FIRMWARE)
    if installed is None or charger.latest_firmware is None:
        return None
    return installed < charger.latest_firmware


OWN_LIMIT: Final = Entry(
    feature=Amount(
        key="charger_dynamic_limit",
        audience=Audience.SETUP,
        quantity=Quantity.CURRENT_A,
        minimum=6.0,
        maximum=32.0,
        step=1.0,
        also_zero=True,
    ),
    read=number(Obs.CHARGER_DYNAMIC),
    write=_write_own_limit,
)

READINGS: Final = (
    _names(
        "reason_for_no_current",
        tuple(REASONS.values()),
        Audience.DAILY,
        lambda charger: reason(charger.reports),
    ),
    _names(
        "steered_by",
        STEERED_BY,
        Audience.EXPERT,
        lambda charger: STEERED_BY[0 if charger.is_alone else 1],
    ),
    _names(
        "grid_type",
        tuple(dict.fromkeys(GRIDS.values())),
        Audience.EXPERT,
        lambda charger: grid(charger.reports),
    ),
    _names(
        "node_type",
        tuple(NODES.values()),
        Audience.EXPERT,
        option(Obs.NODE_TYPE, NODES),
    ),
    _names("radio", tuple(RADIOS.values()), Audience.EXPERT, option(Obs.RADIO, RADIOS)),
    Entry(
        feature=Reading(
            key="temperature",
            audience=Audience.EXPERT,
            quantity=Quantity.TEMPERATURE_C,
        ),
        read=number(Obs.TEMPERATURE),
    ),
    Entry(
        feature=Reading(
            key="energy_last_hour",
            audience=Audience.EXPERT,
            quantity=Quantity.ENERGY_KWH,
            is_sliding=True,
            precision=2,
        ),
        read=number(Obs.ENERGY_LAST_HOUR),
    ),
    Entry(
        feature=Reading(key="cost_this_month", quantity=Quantity.MONETARY, precision=2),
        read=lambda charger: charger.cost_this_month,
    ),
    Entry(
        feature=Flag(key="online", audience=Audience.SETUP),
        read=lambda charger: charger.is_online,
    ),
    Entry(feature=Flag(key="cable_locked"), read=flag(Obs.CABLE_LOCKED)),
    Entry(
        feature=Flag(key="derating", audience=Audience.EXPERT, is_problem=True),
        read=flag(Obs.DERATING),
    ),
    Entry(
        feature=Flag(key="firmware_update_available", audience=Audience.SETUP),
        read=_update_available,
    ),
)

SETTINGS: Final = (
    _toggle(
        "enabled",
        Obs.ENABLED,
        _library(lambda charger, on: charger.enable_charger(on)),
        Audience.SETUP,
    ),
    _toggle(
        "authorization_required",
        Obs.AUTHORIZATION_REQUIRED,
        _setting("authorizationRequired"),
        Audience.SETUP,
    ),
    _toggle(
        "lock_cable_permanently",
        Obs.LOCK_PERMANENTLY,
        _library(lambda charger, on: charger.lockCablePermanently(on)),
        Audience.SETUP,
    ),
    _toggle(
        "smart_charging",
        Obs.SMART_CHARGING,
        _library(lambda charger, on: charger.smart_charging(on)),
        Audience.SETUP,
    ),
    _toggle(
        "idle_current",
        Obs.IDLE_CURRENT,
        _library(lambda charger, on: charger.enable_idle_current(on)),
        Audience.SETUP,
    ),
    _toggle(
        "smart_button",
        Obs.SMART_BUTTON,
        _library(lambda charger, on: charger.smartButtonEnabled(on)),
        Audience.EXPERT,
    ),
    _choice("phase_mode", Obs.PHASE_MODE, PHASE_MODES, "phaseMode", Audience.SETUP),
    _choice(
        "offline_charging_mode",
        Obs.OFFLINE_CHARGING_MODE,
        OFFLINE_MODES,
        "offlineChargingMode",
        Audience.EXPERT,
    ),
    Entry(
        feature=Amount(
            key="led_brightness",
            audience=Audience.EXPERT,
            persistent=True,
            quantity=Quantity.PERCENT,
            minimum=0.0,
            maximum=100.0,
            step=1.0,
        ),
        read=number(Obs.LED_BRIGHTNESS),
        write=_setting("ledStripBrightness"),
    ),
    Entry(
        feature=Amount(
            key="charger_maximum_limit",
            audience=Audience.EXPERT,
            persistent=True,
            quantity=Quantity.CURRENT_A,
            minimum=6.0,
            maximum=32.0,
            step=1.0,
        ),
        read=number(Obs.CHARGER_MAXIMUM),
        write=_setting("maxChargerCurrent"),
    ),
    _plan(DAILY),
    _plan(WEEKLY),
)

COMMANDS: Final = (
    _command("override_schedule", lambda charger: charger.override_schedule()),
    _command("start_authorization", lambda charger: charger.start()),
    _command("end_authorization", lambda charger: charger.stop(), Audience.EXPERT),
    _command("reboot", lambda charger: charger.reboot(), Audience.SETUP, restarts=True),
    _command(
        "update_firmware",
        lambda charger: charger.update_firmware(),
        Audience.EXPERT,
        restarts=True,
    ),
)

HAPPENINGS: Final = (
    Entry(
        feature=Happening(
            key="limit_reset",
            audience=Audience.SETUP,
            kinds=tuple(cause.value for cause in Cause),
        )
    ),
    Entry(feature=Happening(key="session_finished", kinds=("finished",))),
    Entry(
        feature=Happening(
            key="command_refused", audience=Audience.SETUP, kinds=("refused",)
        )
    ),
)

COMMON: Final = (*READINGS, *SETTINGS, *COMMANDS, *HAPPENINGS)
ALONE: Final = (*COMMON, OWN_LIMIT)
"""Alone on a circuit the circuit's limit is ours, and the charger's own a thing beside it."""
