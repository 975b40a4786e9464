"""Put the parts of one device together and let them live."""

from collections.abc import Callable, Sequence

from simulators.world import NO_AMPS, Clock, PhaseAmps

from .api import Api
from .board import Board, Part
from .charge_limits import ChargeLimits
from .charge_manager import ChargeManager, Member
from .charge_tracker import ChargeTracker
from .commands import Command
from .controller import UP_BEFORE_S, ChargeController
from .ev import Ev
from .evse_commands import EvseCommands
from .evse_extras import EvseExtras
from .evse_states import EvseStates
from .faults import HAPPENINGS, Fault
from .info import Info
from .meters import Meters
from .nfc import Nfc
from .phase_switch import PhaseSwitch
from .power_manager import PowerManager
from .settings import WarpSettings
from .users import Users


class WarpDevice:
    """Be a charger or an Energy Manager, without its sockets."""

    def __init__(
        self,
        clock: Clock,
        settings: WarpSettings,
        grid_a: Callable[[], PhaseAmps] | None = None,
    ) -> None:
        """Start up; grid_a is what an Energy Manager measures."""
        self.board = Board(clock, settings)
        self.api = Api(self.board)
        self.booted_s = self.board.now_s - UP_BEFORE_S
        self.network_returns_s: float | None = None
        self.on_reboot: Callable[[], None] = lambda: self.happen(Fault.REBOOT)
        self.info = Info(self.board)
        self.parts: list[Part] = [self.info]
        self.controller: ChargeController | None = None
        self.extras: EvseExtras | None = None
        self.nfc: Nfc | None = None
        self._evse_states: EvseStates | None = None
        self._members: Sequence[Member] = ()
        self._measured_a = grid_a or (lambda: NO_AMPS)
        if settings.spec.has_evse:
            self.controller = self._add_controller()
            self._measured_a = self._drawn_a
        self.meters = Meters(self.board, self._measured_a)
        self.users = Users(self.board)
        self.parts += [self.meters, self.users]
        if self.controller is not None:
            self._add_charging(self.controller)
        self._contactor = PhaseSwitch(settings.phase_switch_s, self._contactor_moved)
        self.charge_manager = self._add_managers()
        for path in ("reboot", "force_reboot"):
            self.board.commands.add(
                Command(path=path, action=lambda _: self.on_reboot(), at_once=True)
            )
        self.settle()

    def _add_controller(self) -> ChargeController:
        """Give it a charge controller with its states and commands."""
        board = self.board
        controller = ChargeController(board.settings, board.faults, board.now_s)
        self._evse_states = EvseStates(board, controller)
        EvseCommands(board, controller)
        self.extras = EvseExtras(board, controller)
        self.parts.append(self.extras)
        return controller

    def _add_charging(self, controller: ChargeController) -> None:
        """Give it what a charger has around a charge."""
        board = self.board
        self.nfc = Nfc(board)
        self.parts += [
            ChargeTracker(board, controller, self.meters),
            ChargeLimits(board, controller, self.meters),
            self.nfc,
        ]
        if "iso15118" in board.spec.features:
            self.parts.append(Ev(board, controller))

    def _add_managers(self) -> ChargeManager:
        """Give it power manager (not on a WARP1) and charge manager."""
        power_manager: PowerManager | None = None
        controller = self.controller
        if controller is None:
            power_manager = PowerManager(
                self.board,
                self._contactor,
                is_managed=lambda: False,
                keeps_one_phase=lambda: self.board.has(Fault.CAR_ONE_PHASE),
            )
        elif not self.board.spec.is_first:
            power_manager = PowerManager(
                self.board,
                controller.phase_switch,
                is_managed=lambda: controller.flash.managed,
                keeps_one_phase=lambda: controller.takes_car_for_one_phase,
            )
        if power_manager is not None:
            self.parts.append(power_manager)
        charge_manager = ChargeManager(self.board, power_manager)
        self.parts.append(charge_manager)
        return charge_manager

    def lead(self, members: Sequence[Member], maximum_ma: int) -> None:
        """Make it the charge manager of a group."""
        self._members = members
        self.charge_manager.lead(members, maximum_ma)

    def _drawn_a(self) -> PhaseAmps:
        return self.controller.drawn_a if self.controller else NO_AMPS

    def _contactor_moved(self, phases: int) -> None:
        """Switch the whole group behind the contactor of an Energy Manager."""
        for member in self._members:
            member.controller.live_phases = phases

    @property
    def measured_a(self) -> PhaseAmps:
        """What the device's own meter would measure now, per phase."""
        return self._measured_a()

    @property
    def uptime_ms(self) -> int:
        """Milliseconds since the network processor started."""
        return int((self.board.now_s - self.booted_s) * 1000)

    def settle(self) -> None:
        """Bring everything to the present moment and show it."""
        now_s = self.board.now_s
        self._live(now_s)
        self._publish(now_s)

    def tick(self, now_s: float, *, is_full_second: bool) -> None:
        """Live through one cycle of 250 ms."""
        with self.board.pinned(now_s):
            self.board.deliver(now_s)
            self._live(now_s)
            if is_full_second:
                self._publish(now_s)

    def _live(self, now_s: float) -> None:
        """Move controller, contactor and meter."""
        self._contactor.step(now_s)
        for member in self._members:
            member.controller.contactor_is_moving = self._contactor.is_switching
        if self.controller is not None:
            self.controller.step(now_s)
        self.meters.step(now_s)

    def _publish(self, now_s: float) -> None:
        """Show the present values."""
        self.info.meter_is_known = self.meters.is_known(now_s)
        for part in self.parts:
            part.publish(now_s)
        if self._evse_states is not None:
            self._evse_states.publish(now_s)
            self._evse_states.publish_low_level(now_s)

    def happen(self, fault: Fault) -> None:
        """Let a one-time event happen."""
        assert fault in HAPPENINGS
        if fault in (Fault.REBOOT, Fault.POWER_CYCLE):
            self._reboot()
        if self.controller is None:
            return
        if fault in (Fault.RESTART_CONTROLLER, Fault.POWER_CYCLE):
            self.controller.restart(self.board.now_s)
        if fault is Fault.MANAGED:
            self.controller.set_managed(enabled=True, now_s=self.board.now_s)

    def _reboot(self) -> None:
        """Restart the network processor; the controller keeps its slots."""
        now_s = self.board.now_s
        self.booted_s = now_s
        self.network_returns_s = now_s + self.board.settings.reboot_s
        self.meters.ready_at_s = now_s + self.board.settings.meter_delay_s
        self.board.commands.forget_buffers()
        self.charge_manager.restart()
