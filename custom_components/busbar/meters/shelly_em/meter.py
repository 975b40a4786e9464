"""Be one meter, out of the clamps that measure the same thing, to the rest of the house."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, override

from ...chargers.features import (
    Audience,
    FeatureValue,
    Quantity,
    Reading as ReadingFeature,
)
from ...chargers.model import (
    Capabilities,
    Charger,
    Identity,
    LostListener,
    Measurement,
    Role,
    Snapshot,
    SnapshotListener,
    Unsubscribe,
)
from .parse import ERROR_KEYS, DeviceInfo, Reading
from .roles import ClampSetting, Joined, MeterRole, join

MAKE: Final = "shelly_em"
NO_ERROR: Final = "none"
METER_ROLE: Final = "meter_role"

POWER_FACTOR: Final = "power_factor"

_ROLE_FEATURE: Final = ReadingFeature(
    key=METER_ROLE,
    audience=Audience.EXPERT,
    options=tuple(role.value for role in MeterRole),
)
_POWER_FACTOR_FEATURE: Final = ReadingFeature(
    key=POWER_FACTOR,
    audience=Audience.EXPERT,
    quantity=Quantity.POWER_FACTOR,
    precision=2,
)
_NAMES: Final = {
    MeterRole.GRID: "grid",
    MeterRole.SOLAR: "solar",
    MeterRole.EVSE: "charger",
    MeterRole.OTHER: "channel",
}


class ShellyMeter(Charger):
    """A meter in the sense of a site: power, and current and voltage per phase."""

    def __init__(
        self,
        suffix: str,
        clamps: Sequence[ClampSetting],
        poll: Callable[[], Awaitable[None]],
        *,
        interval_s: float,
        url: str,
    ) -> None:
        """Begin without a reading; `suffix` tells it from the other meters of the device."""
        self._suffix = suffix
        self._clamps = tuple(clamps)
        self._poll = poll
        self._interval_s = interval_s
        self._url = url
        self._identity: Identity | None = None
        self._capabilities: Capabilities | None = None
        self._snapshot: Snapshot | None = None
        self._listeners: dict[object, tuple[SnapshotListener, LostListener]] = {}

    @property
    @override
    def identity(self) -> Identity:
        assert self._identity is not None
        return self._identity

    @property
    @override
    def capabilities(self) -> Capabilities:
        assert self._capabilities is not None
        return self._capabilities

    @property
    @override
    def snapshot(self) -> Snapshot | None:
        return self._snapshot

    @override
    async def refresh(self) -> Snapshot:
        await self._poll()
        assert self._snapshot is not None
        return self._snapshot

    @override
    def subscribe(
        self, on_snapshot: SnapshotListener, on_lost: LostListener
    ) -> Unsubscribe:
        token = object()
        self._listeners[token] = (on_snapshot, on_lost)

        def unsubscribe() -> None:
            self._listeners.pop(token, None)

        return unsubscribe

    def take(
        self,
        info: DeviceInfo,
        reading: Reading,
        *,
        received_at: float,
        measured_at: float,
        started_at: float | None,
    ) -> bool:
        """Take a reading over; return whether identity or capabilities changed."""
        joined = join(reading, self._clamps)
        identity = self._describe_identity(info)
        capabilities = self._describe_capabilities(joined)
        before = (self._identity, self._capabilities)
        self._identity, self._capabilities = identity, capabilities
        former_at = None if self._snapshot is None else self._snapshot.measured_at
        self._snapshot = Snapshot(
            received_at=received_at,
            # What is not to be believed is not fresh either.
            measured_at=former_at if joined.error else measured_at,
            error=joined.error or NO_ERROR,
            power_w=joined.power_w,
            currents_a=joined.currents_a,
            voltages_v=joined.voltages_v,
            lifetime_energy_kwh=joined.imported_kwh,
            discharged_energy_kwh=joined.exported_kwh,
            started_at=started_at,
            signal_dbm=reading.signal_dbm,
            values=self._values(joined),
        )
        return before not in ((None, None), (identity, capabilities))

    def notify(self) -> None:
        """Tell the newest snapshot."""
        assert self._snapshot is not None
        for on_snapshot, _ in list(self._listeners.values()):
            on_snapshot(self._snapshot)

    def notify_lost(self, err: Exception) -> None:
        """Tell that the device is no longer heard."""
        for _, on_lost in list(self._listeners.values()):
            on_lost(err)

    def _values(self, joined: Joined) -> dict[str, FeatureValue]:
        values: dict[str, FeatureValue] = {METER_ROLE: self._clamps[0].role.value}
        if joined.power_factor is not None:
            values[POWER_FACTOR] = joined.power_factor
        return values

    def _describe_identity(self, info: DeviceInfo) -> Identity:
        return Identity(
            make=MAKE,
            model=info.model,
            name=f"{info.model} {_NAMES[self._clamps[0].role]}",
            serial=f"{info.mac}_{self._suffix}",
            firmware=info.firmware,
            model_id=info.model_id,
            url=self._url,
        )

    def _describe_capabilities(self, joined: Joined) -> Capabilities:
        """Return what it measures; what was seen once is kept, for a fault takes nothing away."""
        measures = {Measurement.POWER, Measurement.CURRENTS, Measurement.VOLTAGES}
        if joined.imported_kwh is not None:
            measures.add(Measurement.LIFETIME_ENERGY)
        if joined.exported_kwh is not None:
            measures.add(Measurement.DISCHARGED_ENERGY)
        has_power_factor = joined.power_factor is not None
        if self._capabilities is not None:
            measures |= self._capabilities.measures
            has_power_factor |= _POWER_FACTOR_FEATURE in self._capabilities.features
        phases = {clamp.phase for clamp in self._clamps}
        return Capabilities(
            role=Role.METER,
            phases=frozenset({len(phases)}),
            poll_interval_s=self._interval_s,
            measures=frozenset(measures),
            error_keys=ERROR_KEYS,
            features=(_ROLE_FEATURE, _POWER_FACTOR_FEATURE)
            if has_power_factor
            else (_ROLE_FEATURE,),
        )
