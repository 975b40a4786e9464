"""Be one WARP charger to the rest of the house."""

from collections.abc import Awaitable, Callable
import math
from typing import Any, Final, override

from ..errors import AuthenticationFailed, Rejected, Unsupported
from ..features import Audience, Command, Feature, Happening
from ..model import (
    Capabilities,
    CurrentRange,
    Fallback,
    FallbackCause,
    Identity,
    Measurement,
    Snapshot,
    WriteBudget,
)
from . import paths, phases
from .bindings import CHARGER_BINDINGS
from .device import StartTime, WarpDevice, identity_of, out_of_range, refuse_lease
from .features import Binding, offered
from .link import NOT_APPLIED, Link
from .meters import charger_meter
from .parse import (
    ERROR_KEYS,
    EXTERNAL_SLOT,
    IEC_A,
    IEC_C,
    MILLI,
    MINIMUM_MA,
    RELEASE_SLOT,
    SLOT_KEYS,
    UNKNOWN_SLOT,
    Slot,
    amperes,
    as_bool,
    as_int,
    as_object,
    as_text,
    hardware_limit_a,
    limits_of,
    milliamperes,
    parse_evse_state,
    parse_slots,
    status_of,
)
from .redaction import redacted_states
from .session import NFC_TAG, TAG_SEEN, Session, TagReader

CURRENT_STEP_A: Final = 0.1
MINIMUM_GAP_S: Final = 1.0
POLL_S: Final = 10.0
NO_MANAGER: Final = frozenset({None, "0.0.0.0", "::"})
"""Addresses that stand in `management_state` while no manager was heard for 30 s."""
CHARGE_MANAGER: Final = "charge_manager"
NOBODY_SIGNAL_DBM: Final = -127

REBOOT: Final = Command(key="reboot", audience=Audience.SETUP, restarts=True)
RESTART_LIMITS: Final = Command(key="restart_charge_limits", audience=Audience.EXPERT)
ENABLE_EXTERNAL: Final = Command(key="enable_external_control", audience=Audience.SETUP)
NFC: Final = Happening(key=NFC_TAG, kinds=(TAG_SEEN,))


def wifi_signal_dbm(link: Link) -> float | None:
    """Return the strength of the wireless network, where there is one."""
    signal = as_int(link.states.object(paths.WIFI_STATE).get("sta_rssi"))
    return (
        float(signal) if signal is not None and NOBODY_SIGNAL_DBM < signal < 0 else None
    )


class WarpCharger(WarpDevice):
    """One charger: `SetsCurrent`, `Pauses`, `SwitchesPhases`, `HasSettings`."""

    bindings = CHARGER_BINDINGS

    def __init__(self, link: Link, poll: Callable[[], Awaitable[None]]) -> None:
        """Begin without a command of our own."""
        self._commanded: tuple[float, float] | None = None
        self._session = Session()
        self._tags = TagReader()
        self._started = StartTime()
        super().__init__(link, poll)

    @property
    def _slots(self) -> dict[int, Slot]:
        """The limits by slot number."""
        return parse_slots(self.link.states.get(paths.SLOTS))

    @override
    def describe_identity(self) -> Identity:
        return identity_of(self.link)

    @override
    def polled_paths(self) -> tuple[str, ...]:
        states = self.link.states
        slot = as_int(states.object(paths.METER_CONFIG).get("slot")) or 0
        meter = [paths.meter_path(slot, part) for part in ("value_ids", "values")]
        legacy = [paths.METER_STATE, paths.METER_VALUES, paths.METER_ALL_VALUES]
        optional = [
            *meter,
            paths.CURRENT_CHARGE,
            paths.EXTERNAL_DEFAULTS,
            paths.POWER_MANAGER_STATE,
        ]
        if meter[0] not in states:
            optional += legacy
        return (
            paths.EVSE_STATE,
            paths.SLOTS,
            paths.EXTERNAL_CURRENT,
            paths.LOW_LEVEL_STATE,
            *(path for path in optional if path in states),
        )

    @override
    def describe_capabilities(self) -> Capabilities:
        states, slots = self.link.states, self._slots
        maximum_a = hardware_limit_a(slots)
        external = slots.get(EXTERNAL_SLOT)
        return Capabilities(
            charge=None
            if external is not None and not external.is_active
            else CurrentRange(
                minimum_a=MINIMUM_MA / MILLI, maximum_a=maximum_a, step_a=CURRENT_STEP_A
            ),
            full_current_a=maximum_a,
            phases=phases.possible(states),
            can_pause=True,
            can_switch_phases=phases.can_switch(states),
            pushes_updates=True,
            is_group_member=self._manager() is not None,
            write_budget=WriteBudget(minimum_gap_s=MINIMUM_GAP_S),
            poll_interval_s=POLL_S,
            falls_to=self._falls_to(),
            measures=self._measures(),
            limit_keys=(*SLOT_KEYS, UNKNOWN_SLOT),
            error_keys=ERROR_KEYS,
            features=(*offered(self.bindings, states), *self._own_features()),
        )

    def _own_features(self) -> list[Feature]:
        """Return the commands and events, which have no value."""
        states = self.link.states
        features: list[Feature] = [REBOOT]
        if paths.ACTIVE_LIMITS in states:
            features.append(RESTART_LIMITS)
        if states.object(paths.EXTERNAL_ENABLED).get("enabled") is False:
            features.append(ENABLE_EXTERNAL)
        if paths.SEEN_TAGS in states:
            features.append(NFC)
        return features

    def _falls_to(self) -> tuple[Fallback, ...]:
        """Return what happens without us; silence is not among it, the last value stands for ever."""
        defaults = self.link.states.object(paths.EXTERNAL_DEFAULTS)
        restart = Fallback(
            cause=FallbackCause.RESTART, current_a=amperes(defaults.get("current"))
        )
        clears = as_bool(
            self.link.states.object(paths.EXTERNAL_CLEAR).get("clear_on_disconnect")
        )
        slot = self._slots.get(EXTERNAL_SLOT)
        if clears or (slot is not None and slot.clears_on_disconnect):
            return (restart, Fallback(cause=FallbackCause.PLUG_IN, current_a=0.0))
        return (restart,)

    def _measures(self) -> frozenset[Measurement]:
        """Return what this charger and its meter measure."""
        measures = {*charger_meter(self.link.states).measures, Measurement.UPTIME}
        if paths.CURRENT_CHARGE in self.link.states:
            measures.add(Measurement.SESSION_DURATION)
            if Measurement.LIFETIME_ENERGY in measures:
                measures.add(Measurement.SESSION_ENERGY)
        if wifi_signal_dbm(self.link) is not None:
            measures.add(Measurement.SIGNAL)
        return frozenset(measures)

    def _manager(self) -> str | None:
        """Return whether a charge manager steers this charger."""
        states = self.link.states
        if states.object(paths.MANAGEMENT_ENABLED).get("enabled") is not True:
            return None
        if paths.MANAGEMENT_STATE not in states:
            # Older firmware does not tell whether the manager is heard.
            return CHARGE_MANAGER
        address = as_text(states.object(paths.MANAGEMENT_STATE).get("manager_ip"))
        return None if address in NO_MANAGER else CHARGE_MANAGER

    @override
    def describe(self) -> Snapshot:
        states, slots = self.link.states, self._slots
        evse = parse_evse_state(states.get(paths.EVSE_STATE))
        meter = charger_meter(states)
        self._session.take(states, evse, meter)
        self._tags.take(states)
        confirmed_a, confirmed_at = self._confirmed(slots)
        commanded_a, commanded_at = self._commanded or (None, None)
        release = slots.get(RELEASE_SLOT)
        tag = self._tags.occurrence
        return Snapshot(
            received_at=self._heard_at(),
            measured_at=meter.measured_at,
            status=status_of(
                evse, slots, has_declined=self._session.has_declined(states)
            ),
            raw_status=evse.raw,
            vehicle_connected=evse.vehicle_connected,
            error=evse.error,
            commanded_a=commanded_a,
            commanded_at=commanded_at,
            confirmed_a=confirmed_a,
            confirmed_at=confirmed_at,
            offered_a=evse.offered_a,
            limits=limits_of(slots),
            power_w=meter.power_w,
            currents_a=meter.currents_a,
            voltages_v=meter.voltages_v,
            lifetime_energy_kwh=self._session.lifetime_energy_kwh,
            session_energy_kwh=self._session.energy_kwh,
            session_duration_s=self._session.duration_s,
            phases=phases.present(states),
            phases_wanted=phases.wanted(states),
            is_switching_phases=phases.is_switching(states),
            charging_released=None if release is None else not release.blocks,
            started_at=self._started.take(self._booted_at()),
            signal_dbm=wifi_signal_dbm(self.link),
            foreign_control=self._manager(),
            values=self.values(),
            occurrences={} if tag is None else {NFC_TAG: tag},
        )

    def _heard_at(self) -> float:
        """Return when the device was heard last."""
        heard_at = self.link.states.heard_at
        return self.link.clock() if heard_at is None else heard_at

    def _booted_at(self) -> float | None:
        """Return when it started: by the radio part's clock, the controller's where that is not told."""
        states = self.link.states
        if states.booted_at is not None:
            return states.booted_at
        uptime_ms = as_int(states.object(paths.LOW_LEVEL_STATE).get("uptime"))
        arrived_at = states.arrived_at(paths.LOW_LEVEL_STATE)
        return (
            None
            if uptime_ms is None or arrived_at is None
            else arrived_at - uptime_ms / 1000
        )

    def _confirmed(self, slots: dict[int, Slot]) -> tuple[float | None, float | None]:
        """Return our limit as the charger reports it, from whichever report is the newer."""
        states = self.link.states
        slot = slots.get(EXTERNAL_SLOT)
        if slot is not None and not slot.is_active:
            return None, None
        reports: list[tuple[float, float]] = []
        for path, current_a in (
            (
                paths.EXTERNAL_CURRENT,
                amperes(states.object(paths.EXTERNAL_CURRENT).get("current")),
            ),
            (paths.SLOTS, None if slot is None else slot.current_a),
        ):
            arrived_at = states.arrived_at(path)
            if current_a is not None and arrived_at is not None:
                reports.append((arrived_at, current_a))
        if not reports:
            return None, None
        confirmed_at, confirmed_a = max(reports, key=lambda report: report[0])
        return confirmed_a, confirmed_at

    async def set_current(
        self, current_a: float, *, lease_s: float | None = None
    ) -> None:
        """Limit the current per phase to 0 or 6 A to what the cables carry."""
        refuse_lease(lease_s)
        charge = self.capabilities.charge
        if charge is None:
            msg = "external control is switched off at this charger; enable it first"
            raise Unsupported(msg)
        within = charge.minimum_a <= current_a <= charge.maximum_a
        if not math.isfinite(current_a) or not (current_a == 0 or within):
            raise out_of_range(current_a, charge.minimum_a, charge.maximum_a)
        await self.link.make_sure()
        before, self._commanded = self._commanded, (current_a, self.link.clock())
        try:
            await self._write_external(milliamperes(current_a))
        except (Rejected, AuthenticationFailed, Unsupported) as error:
            if not (isinstance(error, Rejected) and error.reason == NOT_APPLIED):
                self._commanded = before
            raise
        finally:
            self.updated()

    async def _write_external(self, current_ma: int) -> None:
        """Write our slot and see it there."""
        await self.link.write(
            paths.EXTERNAL_CURRENT,
            {"current": current_ma},
            holds=lambda payload: as_object(payload).get("current") == current_ma,
        )

    async def set_charging(self, released: bool) -> None:
        """Release the charge, or hold it back. Raises `Rejected` without a vehicle."""
        await self.link.make_sure()
        evse = parse_evse_state(await self.link.read(paths.EVSE_STATE))
        if evse.iec == IEC_A:
            # The charger would answer 200 and do nothing.
            msg = "no vehicle is connected"
            raise Rejected(msg)

        def holds(payload: Any) -> bool:
            slot = parse_slots(payload).get(RELEASE_SLOT)
            return slot is not None and (slot.current_a > 0) == released

        command = paths.START_CHARGING if released else paths.STOP_CHARGING
        await self.link.run(command, path=paths.SLOTS, holds=holds)
        self.updated()

    async def set_phases(self, count: int) -> None:
        """Ask for one phase or three."""
        await phases.switch(self.link, count)
        self.updated()

    @override
    async def run_command(self, key: str) -> None:
        command = next(
            (feature for feature in self._own_features() if feature.key == key), None
        )
        if not isinstance(command, Command):
            await super().run_command(key)
        await self.link.make_sure()
        if command is REBOOT:
            await self.link.client.run(paths.REBOOT)
        elif command is RESTART_LIMITS:
            await self.link.client.run(paths.RESTART_LIMITS)
        else:
            await self.link.write(
                paths.EXTERNAL_ENABLED,
                {"enabled": True},
                holds=lambda payload: as_object(payload).get("enabled") is True,
            )

    @override
    async def _write_setting(self, binding: Binding, value: Any) -> None:
        """Keep the live limit where it is while its value after a restart is changed."""
        if binding.path != paths.EXTERNAL_DEFAULTS:
            await super()._write_setting(binding, value)
            return
        evse = parse_evse_state(await self.link.read(paths.EVSE_STATE))
        if evse.iec == IEC_C:
            # Newer controllers put the changed default on the live limit at once.
            msg = "this can be changed only while no vehicle charges"
            raise Rejected(msg)
        live_a = amperes(
            as_object(await self.link.read(paths.EXTERNAL_CURRENT)).get("current")
        )
        await super()._write_setting(binding, value)
        shown = as_object(await self.link.read(paths.EXTERNAL_CURRENT)).get("current")
        if live_a is not None and amperes(shown) != live_a:
            await self._write_external(milliamperes(live_a))

    def diagnostics(self) -> dict[str, Any]:
        """Return all raw states, fit to be handed to somebody else."""
        return redacted_states(self.link.states)
