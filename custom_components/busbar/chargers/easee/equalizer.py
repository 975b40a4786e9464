"""One Equalizer: Easee's own meter at the grid connection."""

from contextlib import suppress
from typing import Any, Final, override

from ..errors import ChargerError
from ..features import Amount, Audience, Choice, Flag, Quantity, Reading
from ..model import Capabilities, Identity, Measurement, Role, Snapshot
from . import parse
from .budget import Kind
from .const import MAKE
from .device import Device, Link
from .features import Entry, flag, number
from .observations import METER_POLLED, MeterObs
from .reports import Report, Reports
from .topology import FoundMeter

CURRENTS: Final = (31, 32, 33)
VOLTAGES: Final = (34, 35, 36)
FLOW: Final = (*CURRENTS, int(MeterObs.IMPORT_KW), int(MeterObs.EXPORT_KW))
OFF, SURPLUS_ONLY, WITH_IMPORT = "off", "surplus_only", "with_import"
IMPORT_DEFAULT_A: Final = 6.0


class EaseeEqualizer(Device):
    """A grid meter that can also let its chargers follow the sun."""

    def __init__(self, link: Link, found: FoundMeter, reports: Reports) -> None:
        """Begin without a report."""
        identity = Identity(
            make=MAKE, model="Equalizer", name=found.name, serial=found.id
        )
        super().__init__(link, identity, reports)
        self.found = found
        self.surplus_mode: str | None = None
        self._wants_details = False

    @property
    @override
    def entries(self) -> tuple[Entry, ...]:
        """Return its features."""
        return METER_ENTRIES

    @property
    @override
    def capabilities(self) -> Capabilities:
        """Return what it can do now."""
        return Capabilities(
            role=Role.METER,
            pushes_updates=True,
            typical_latency_s=3.0,
            poll_interval_s=self.link.poll_interval_s,
            measures=frozenset(
                {
                    Measurement.POWER,
                    Measurement.CURRENTS,
                    Measurement.VOLTAGES,
                    Measurement.LIFETIME_ENERGY,
                    Measurement.DISCHARGED_ENERGY,
                }
            ),
            features=tuple(entry.feature for entry in self.entries),
        )

    @property
    def surplus_import_a(self) -> float:
        """The grid current that surplus charging may add; the cloud forgets it when off."""
        return self.link.memory.surplus_import_a(self.found.id)

    @override
    async def poll(self) -> None:
        """Ask for all observations."""
        await self.poll_product(self.found.id, METER_POLLED)

    @override
    def on_report(self, number: int, report: Report) -> None:
        """Follow the firmware."""
        super().on_report(number, report)
        if number == MeterObs.FIRMWARE:
            self.rename(firmware=str(self.reports.code(number)))

    @override
    def build(self, received_at: float) -> Snapshot:
        """Return a snapshot: + import, - export."""
        reports = self.reports
        is_heard = reports.flag(MeterObs.ONLINE) is not False
        total_w = parse.meter_power_w(reports)
        voltages_v = reports.triple(VOLTAGES)
        currents_a = parse.meter_currents_a(
            reports.triple(CURRENTS), voltages_v, total_w
        )
        return Snapshot(
            received_at=received_at,
            measured_at=reports.newest(FLOW),
            power_w=total_w if is_heard else None,
            currents_a=currents_a if is_heard else (None, None, None),
            voltages_v=voltages_v if is_heard else (None, None, None),
            lifetime_energy_kwh=reports.number(MeterObs.IMPORTED_KWH),
            discharged_energy_kwh=reports.number(MeterObs.EXPORTED_KWH),
            signal_dbm=reports.number(MeterObs.LOCAL_RSSI),
            values=self.feature_values(),
        )

    @override
    def _is_covered(self) -> bool:
        return self.link.stream.covers(self.found.id)

    @property
    @override
    def wants_details(self) -> bool:
        """Whether the cloud did not confirm yet what was written."""
        return self._wants_details

    @override
    async def read_details(self) -> None:
        """Read how surplus charging is set."""
        answer = await self.link.client.call(
            Kind.OTHER, self.found.library.get_load_balancing
        )
        self._take_surplus(answer)
        self._wants_details = False
        self.touch()

    async def set_surplus(self, mode: str, import_a: float) -> None:
        """Write how surplus charging is to work, and read it back.

        Where only the reading fails nobody may be told to write again, for each write wears the memory.
        """
        library = self.found.library
        amps = 0 if mode == SURPLUS_ONLY else int(import_a)
        is_on = mode != OFF
        await self.link.client.command(
            Kind.SETTING, lambda: library.set_load_balancing(is_on, amps)
        )
        if mode == WITH_IMPORT:
            self.link.memory.remember_surplus_import(self.found.id, import_a)
        self.surplus_mode = mode
        self._wants_details = True
        self.touch()
        with suppress(ChargerError):
            await self.read_details()

    def _take_surplus(self, answer: Any) -> None:
        if not isinstance(answer, dict):
            return
        importing = answer.get("chargingWithImport")
        amps = (
            importing.get("maximumImportAddedCurrent")
            if isinstance(importing, dict)
            else None
        )
        if answer.get("mode") != "chargingWithImport":
            self.surplus_mode = OFF
        elif isinstance(amps, int | float) and amps > 0:
            self.surplus_mode = WITH_IMPORT
            self.link.memory.remember_surplus_import(self.found.id, float(amps))
        else:
            self.surplus_mode = SURPLUS_ONLY


async def _write_mode(meter: EaseeEqualizer, mode: str) -> None:
    await meter.set_surplus(mode, meter.surplus_import_a or IMPORT_DEFAULT_A)


async def _write_import(meter: EaseeEqualizer, current_a: float) -> None:
    """Write the amperes where they count now, else keep them for later."""
    if meter.surplus_mode == WITH_IMPORT:
        await meter.set_surplus(WITH_IMPORT, current_a)
    else:
        meter.link.memory.remember_surplus_import(meter.found.id, current_a)
        meter.touch()


METER_ENTRIES: Final = (
    Entry(
        feature=Choice(
            key="surplus_mode",
            persistent=True,
            options=(OFF, SURPLUS_ONLY, WITH_IMPORT),
        ),
        read=lambda meter: meter.surplus_mode,
        write=_write_mode,
    ),
    Entry(
        feature=Amount(
            key="surplus_import_limit",
            audience=Audience.SETUP,
            persistent=True,
            quantity=Quantity.CURRENT_A,
            minimum=1.0,
            maximum=32.0,
            step=1.0,
        ),
        read=lambda meter: meter.surplus_import_a or None,
        write=_write_import,
    ),
    *(
        Entry(
            feature=Reading(
                key=f"available_current_l{phase}",
                audience=Audience.EXPERT,
                quantity=Quantity.CURRENT_A,
                precision=1,
            ),
            read=number(observation),
        )
        for phase, observation in enumerate((87, 88, 89), 1)
    ),
    Entry(
        feature=Flag(key="online", audience=Audience.SETUP), read=flag(MeterObs.ONLINE)
    ),
)
