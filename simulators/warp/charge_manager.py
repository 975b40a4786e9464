"""Share one current among chargers: the states below `charge_manager/`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .board import Board
from .commands import WHOLE_BODY, Command, Payload
from .controller import ChargeController, ChargerState
from .evse_commands import whole
from .faults import Fault
from .power_manager import PowerManager
from .schema import Field, Flag, ListOf, Rejected, Text, Whole
from .states import Json

WATCHDOG_S = 30.0
NOT_CONFIGURED, ACTIVE = 0, 1
FAST, OFF = 0, 1
"""The two charge modes that the simulator can tell apart."""
STATES_OF_MEMBER = {
    ChargerState.NOT_CONNECTED: 0,
    ChargerState.WAITING_FOR_RELEASE: 2,
    ChargerState.READY: 3,
    ChargerState.CHARGING: 4,
    ChargerState.ERROR: 5,
}
"""`s` of `state.chargers[i]` for what a member's controller says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Be a charger of the group, with the address under which it is configured."""

    host: str
    name: str
    controller: ChargeController


class ChargeManager:
    """Distribute the available current in equal parts among waiting cars."""

    def __init__(self, board: Board, power_manager: PowerManager | None) -> None:
        """Begin unconfigured."""
        self._board = board
        self._power_manager = power_manager
        self._members: Sequence[Member] = ()
        self._available_ma = 0
        self._running = False
        self._written_s = board.now_s
        self._shares: dict[str, int] = {}
        self._modes: list[Json] = []
        self._register()
        self.publish(board.now_s)

    def _register(self) -> None:
        """Add configuration and commands."""
        chargers = ListOf(_CHARGER, longest=self._board.spec.group_members)
        fields = {**_CONFIG_FIELDS, "chargers": chargers}
        self._board.states.put("charge_manager/config", dict(_FACTORY_CONFIG))
        self._board.commands.add(
            Command(
                path="charge_manager/config_update",
                fields=fields,
                action=self._configure,
                check=_check_config,
                at_once=True,
            )
        )
        self._board.commands.add(
            Command(
                path="charge_manager/available_current_update",
                fields={"current": Whole(2**32 - 1)},
                action=self._set_available,
                check=self._check_available,
                at_once=True,
            )
        )
        self._board.commands.add(
            Command(
                path="charge_manager/charge_modes_update",
                body=ListOf(Whole(9), longest=self._board.spec.group_members),
                action=self._set_modes,
                check=self._check_modes,
                at_once=True,
            )
        )
        self._board.commands.add(
            Command(path="charge_manager/scan", action=lambda _: None)
        )

    def lead(self, members: Sequence[Member], maximum_ma: int) -> None:
        """Make it the manager of a group, as if configured and restarted."""
        self._members = members
        self._modes = [FAST] * len(members)
        chargers: list[Json] = [
            {"host": member.host, "name": member.name, "rot": 0, "uid": 0}
            for member in members
        ]
        self._board.states.put(
            "charge_manager/config",
            self._config
            | {
                "enable_charge_manager": True,
                "default_available_current": maximum_ma,
                "maximum_available_current": maximum_ma,
                "chargers": chargers,
            },
        )
        self.restart()

    def restart(self) -> None:
        """Take the configuration into use: the available current is the default one."""
        self._running = self._config["enable_charge_manager"] is True
        self._available_ma = whole(self._config["default_available_current"])
        self._written_s = self._board.now_s
        self.publish(self._board.now_s)

    @property
    def _config(self) -> Payload:
        """The configuration that was written last."""
        config = self._board.states["charge_manager/config"]
        assert isinstance(config, dict)
        return config

    def publish(self, now_s: float) -> None:
        """Watch the writer, distribute, and show it."""
        watched = self._running and self._config["enable_watchdog"] is True
        if watched and now_s - self._written_s > WATCHDOG_S:
            self._available_ma = whole(self._config["default_available_current"])
        if self._running:
            self._distribute(now_s)
        states = self._board.states
        states.put("charge_manager/available_current", {"current": self._available_ma})
        states.put(
            "charge_manager/state",
            {
                "state": ACTIVE if self._running else NOT_CONFIGURED,
                "chargers": [self._shown(member) for member in self._members],
            },
        )
        states.put("charge_manager/supported_charge_modes", [FAST, OFF])
        states.put("charge_manager/charge_modes", list(self._modes))

    def _distribute(self, now_s: float) -> None:
        """Give equal parts to as many waiting cars as the minimum allows."""
        if self._board.has(Fault.SILENT):
            # A manager that has left the network sends no packets either.
            return
        minimum_ma = whole(self._config["minimum_current"])
        waiting = [
            member
            for member, mode in zip(self._members, self._modes, strict=True)
            if member.controller.car is not None and mode != OFF
        ]
        served = waiting[: self._available_ma // minimum_ma]
        share_ma = self._available_ma // len(served) if served else 0
        self._shares = {
            member.host: min(share_ma, 32000) if member in served else 0
            for member in self._members
        }
        for member in self._members:
            member.controller.manager_packet(
                self._shares[member.host], now_s, "127.0.0.1"
            )

    def _shown(self, member: Member) -> Json:
        """Return one entry of `state.chargers`."""
        controller = member.controller
        return {
            "n": member.name,
            "uid": 0,
            "s": STATES_OF_MEMBER[controller.charger_state],
            "e": 0 if controller.flash.managed else 3,
            "ac": self._shares.get(member.host, 0),
            "ap": controller.live_phases,
            "sc": 32000,
            "sp": 3,
            "lu": int(self._board.now_s * 1000),
        }

    def _check_available(self, payload: Payload) -> None:
        """Refuse more than the maximum, and everything while surplus charging is on."""
        if whole(payload["current"]) > whole(self._config["maximum_available_current"]):
            msg = "Available current is above the configured maximum"
            raise Rejected(msg)
        if self._power_manager is not None and self._power_manager.is_enabled:
            msg = "Available current is controlled by the power manager"
            raise Rejected(msg)

    def _set_available(self, payload: Payload) -> None:
        self._available_ma = whole(payload["current"])
        self._written_s = self._board.now_s

    def _check_modes(self, payload: Payload) -> None:
        """Refuse anything but one mode per charger."""
        modes = payload[WHOLE_BODY]
        assert isinstance(modes, list)
        if len(modes) != len(self._members):
            msg = "There must be one charge mode per charger"
            raise Rejected(msg)

    def _set_modes(self, payload: Payload) -> None:
        modes = payload[WHOLE_BODY]
        assert isinstance(modes, list)
        self._modes = modes

    def _configure(self, payload: Payload) -> None:
        """Store the configuration, which counts from the next restart on."""
        config = dict(payload)
        if config["minimum_current_auto"]:
            is_standard = config["minimum_current_vehicle_type"] == 0
            config["minimum_current"] = 6000 if is_standard else 9200
            config["minimum_current_1p"] = 6000
        self._board.states.put("charge_manager/config", config)


def _check_config(payload: Payload) -> None:
    """Refuse a configuration that contradicts itself."""
    chargers = payload["chargers"]
    assert isinstance(chargers, list)
    hosts = [charger["host"] for charger in chargers if isinstance(charger, dict)]
    default_ma = whole(payload["default_available_current"])
    if payload["enable_charge_manager"] and not hosts:
        msg = "Charge manager needs at least one charger"
    elif len(hosts) != len({str(host) for host in hosts}):
        msg = "Charger hosts must not repeat"
    elif default_ma > whole(payload["maximum_available_current"]):
        msg = "Default available current is above the maximum"
    else:
        return
    raise Rejected(msg)


_CHARGER: Mapping[str, Field] = {
    "host": Text(64),
    "name": Text(32),
    "rot": Whole(6),
    "uid": Whole(2**32 - 1),
}
_CURRENT = Whole(32000, minimum=6000, default=6000)
_CONFIG_FIELDS: Mapping[str, Field] = {
    "enable_charge_manager": Flag(),
    "enable_watchdog": Flag(),
    "default_available_current": Whole(2_048_000),
    "maximum_available_current": Whole(2_048_000),
    "minimum_current_auto": Flag(),
    "minimum_current_vehicle_type": Whole(1),
    "minimum_current": _CURRENT,
    "minimum_current_1p": _CURRENT,
    "verbose": Flag(),
    "requested_current_threshold": Whole(65535),
    "requested_current_margin": Whole(65535),
    "enable_central_management": Flag(),
}
_FACTORY_CONFIG: Payload = {
    "enable_charge_manager": False,
    "enable_watchdog": False,
    "default_available_current": 0,
    "maximum_available_current": 0,
    "minimum_current_auto": True,
    "minimum_current_vehicle_type": 0,
    "minimum_current": 6000,
    "minimum_current_1p": 6000,
    "verbose": False,
    "requested_current_threshold": 60,
    "requested_current_margin": 3000,
    "enable_central_management": False,
    "chargers": [],
}
