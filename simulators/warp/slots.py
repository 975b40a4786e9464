"""Keep the current slots of a charge controller: the smallest active one wins."""

from dataclasses import dataclass
from enum import IntEnum

from .states import Json

FULL_MA = 32000
LOWEST_MA = 6000


class SlotName(IntEnum):
    """Number the slots that the simulator itself uses."""

    INCOMING_CABLE = 0
    OUTGOING_CABLE = 1
    SHUTDOWN_INPUT = 2
    GP_INPUT = 3
    AUTO_START = 4
    GLOBAL = 5
    USER = 6
    MANAGER = 7
    EXTERNAL = 8
    MODBUS_CURRENT = 9
    MODBUS_ENABLE = 10
    OCPP = 11
    CHARGE_LIMITS = 12
    REQUIRE_METER = 13
    AUTOMATION = 14
    EEBUS = 15
    P14A_ENWG = 16
    R37 = 17


@dataclass(kw_only=True, slots=True)
class Slot:
    """Be one limit."""

    max_current_ma: int = FULL_MA
    active: bool = False
    clear_on_disconnect: bool = False

    def as_json(self) -> Json:
        """Return it as `evse/slots` shows it."""
        return {
            "max_current": self.max_current_ma,
            "active": self.active,
            "clear_on_disconnect": self.clear_on_disconnect,
        }


@dataclass(kw_only=True, slots=True)
class Flash:
    """Hold what a controller remembers over a restart."""

    external_ma: int
    external_clear: bool
    managed: bool
    global_ma: int = FULL_MA
    auto_start: bool = True
    users: bool = False
    modbus: bool = False
    ocpp: bool = False
    eebus: bool = False
    p14a_enwg: bool = False


class SlotTable:
    """Hold all slots of a controller."""

    def __init__(
        self, count: int, flash: Flash, outgoing_ma: int, version: int
    ) -> None:
        """Fill the slots as a start does."""
        self._flash = flash
        self._slots = [Slot() for _ in range(count)]
        for name in (
            SlotName.INCOMING_CABLE,
            SlotName.OUTGOING_CABLE,
            SlotName.SHUTDOWN_INPUT,
            SlotName.EXTERNAL,
        ):
            self[name].active = True
        # WARP2 reports its shutdown input as unused.
        self[SlotName.SHUTDOWN_INPUT].active = version != 20
        self[SlotName.OUTGOING_CABLE].max_current_ma = outgoing_ma
        self[SlotName.REQUIRE_METER].max_current_ma = 0
        self[SlotName.GLOBAL] = Slot(max_current_ma=flash.global_ma, active=True)
        self[SlotName.EXTERNAL].max_current_ma = flash.external_ma
        self[SlotName.EXTERNAL].clear_on_disconnect = flash.external_clear
        self[SlotName.AUTO_START].active = True
        self.set_auto_start(enabled=flash.auto_start)
        self.set_blocking(SlotName.USER, enabled=flash.users, start_ma=0)
        self.set_blocking(SlotName.MANAGER, enabled=flash.managed, start_ma=0)
        for name, enabled in (
            (SlotName.MODBUS_CURRENT, flash.modbus),
            (SlotName.MODBUS_ENABLE, flash.modbus),
            (SlotName.OCPP, flash.ocpp),
        ):
            self[name].active = enabled

    def __getitem__(self, name: int) -> Slot:
        """Return a slot by number."""
        return self._slots[name]

    def __setitem__(self, name: int, slot: Slot) -> None:
        """Replace a slot."""
        self._slots[name] = slot

    @property
    def allowed_ma(self) -> int:
        """The smallest active slot."""
        return min(slot.max_current_ma for slot in self._slots if slot.active)

    def set_current(self, name: SlotName, current_ma: int) -> bool:
        """Set a slot; say whether the value was usable, others are silently ignored."""
        if current_ma and not LOWEST_MA <= current_ma <= FULL_MA:
            return False
        self[name].max_current_ma = current_ma
        return True

    def set_auto_start(self, *, enabled: bool) -> None:
        """Release slot 4, or block it with every unplug."""
        slot = self[SlotName.AUTO_START]
        slot.clear_on_disconnect = not enabled
        slot.max_current_ma = FULL_MA if enabled else 0

    def set_blocking(self, name: SlotName, *, enabled: bool, start_ma: int) -> None:
        """Switch a slot that blocks from the start and with every unplug."""
        # Out of use, the user and manager slots of a fresh controller read 0 with the
        # flag set; once switched off by somebody they read 32 A without it.
        self[name] = Slot(
            max_current_ma=start_ma, active=enabled, clear_on_disconnect=True
        )

    def release(self, name: SlotName) -> None:
        """Take a blocking slot out of use."""
        self[name] = Slot()

    def unplug(self) -> None:
        """Do what the slots do when the car leaves."""
        for slot in self._slots:
            if slot.clear_on_disconnect:
                slot.max_current_ma = 0
        auto_start = self[SlotName.AUTO_START]
        if not auto_start.clear_on_disconnect:
            auto_start.max_current_ma = FULL_MA

    def as_json(self) -> Json:
        """Return them as `evse/slots` shows them."""
        return [slot.as_json() for slot in self._slots]
