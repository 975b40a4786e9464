"""The steps in which Home Assistant or the charger's Modbus goes away."""

from typing import Final

from demo.bench import Bench
from demo.set_up import entities_of

from .following import choose, follows
from .world import CHARGER, WATCHDOG_S, CottageWorld

# While nobody but simulators is there, their time may run as fast as it likes.
_HURRY: Final = 10.0
# From the last message to a current of zero, beside the watchdog's own time.
_ENDS_WITHIN_S: Final = 5.0
_STOPPED: Final = [("ACTION", 2), ("CURRENT", 0)]
_TAKEN: Final = [("CONTROL", 1), ("AUTOSTART", 0), ("WATCHDOG", WATCHDOG_S)]


async def stop_home_assistant(bench: Bench, cottage: CottageWorld) -> None:
    """Stopped in good order during a discharge, it stops the charger before it goes."""
    since = len(cottage.quasar.writes)
    bench.tell(f"stopping Home Assistant while {cottage.current_a:+.0f} A flow")
    await bench.api.disconnect()
    await bench.process.stop()
    told = cottage.told(since)
    bench.tell(f"it told the charger {told}")
    bench.demand(f"it left with {told}", holds=told[:2] == _STOPPED)
    left_s = cottage.clock.now()
    await _ends(bench, cottage)
    bench.demand(
        "the discharge went on without Home Assistant",
        holds=cottage.clock.now() - left_s <= _ENDS_WITHIN_S,
    )
    since = len(cottage.quasar.writes)
    await _start_again(bench)
    bench.demand(
        f"a vehicle whose state of charge is not known was discharged: {cottage.told(since)}",
        holds=not any(
            register == "CURRENT" and value < 0
            for register, value in cottage.told(since)
        ),
    )
    await _read_state_of_charge(bench)
    await follows(bench, cottage, "Home Assistant is back")


async def kill_home_assistant(bench: Bench, cottage: CottageWorld) -> None:
    """Killed during a discharge it writes nothing: the charger's own watchdog ends it."""
    since = len(cottage.quasar.writes)
    await bench.api.disconnect()
    await bench.process.kill()
    heard_s = cottage.quasar.machine.heard_s
    bench.tell(f"killed Home Assistant while {cottage.current_a:+.0f} A flow")
    bench.demand("the discharge had ended before", holds=cottage.current_a < 0)
    await _ends(bench, cottage)
    took_s = cottage.clock.now() - heard_s
    bench.tell(f"the charger stopped by itself {took_s:.0f} s after the last message")
    bench.demand(
        f"the watchdog took {took_s:.0f} s",
        holds=WATCHDOG_S <= took_s <= WATCHDOG_S + _ENDS_WITHIN_S,
    )
    bench.demand(f"somebody wrote {cottage.told(since)}", holds=not cottage.told(since))
    await _start_again(bench)


async def lose_modbus(bench: Bench, cottage: CottageWorld) -> None:
    """The charger's Modbus dies: a repair issue, a restart through the cloud, and the present wish afterwards."""
    since = len(cottage.quasar.writes)
    bench.tell(f"the charger's Modbus dies while {cottage.current_a:+.0f} A flow")
    cottage.quasar.fault("refuse")

    async def is_told() -> bool:
        answer = await bench.api.command("repairs/list_issues")
        return any("needs_restart" in item["issue_id"] for item in answer["issues"])

    async def is_restarted() -> bool:
        return cottage.quasar.cloud.restarts == 1

    async def is_mended() -> bool:
        return not await is_told()

    await bench.expect("a person is told", is_told)
    await bench.expect("the charger is restarted through the cloud", is_restarted)
    bench.tell("restarted through the cloud; meanwhile a person wants no current")
    await choose(bench, "off")
    await bench.expect("the charger is heard again", is_mended)
    await bench.settle("after the restart")
    told = cottage.told(since)
    bench.tell(f"control was taken, and nothing started: {told}")
    bench.demand(f"control was taken with {told}", holds=told[: len(_TAKEN)] == _TAKEN)
    bench.demand(
        f"what was wanted before the outage was written: {told}",
        holds=("ACTION", 1) not in told,
    )
    reboots = cottage.quasar.machine.reboots
    bench.demand(f"the charger was restarted {reboots} times", holds=reboots == 1)


async def _ends(bench: Bench, cottage: CottageWorld) -> None:
    """Wait until nothing flows, in the charger's own time."""

    async def has_ended() -> bool:
        return not cottage.current_a

    cottage.clock.speed = _HURRY
    await bench.expect("the discharge ends", has_ended)
    cottage.clock.speed = 1.0


async def _start_again(bench: Bench) -> None:
    await bench.process.start()
    await bench.api.connect()

    async def is_fresh() -> bool:
        states = await bench.api.states()
        return states.get("sensor.cottage_meter", {}).get("state") == "fresh"

    await bench.expect("the site is back", is_fresh)


async def _read_state_of_charge(bench: Bench) -> None:
    """Press the button that a person presses: no loop ever does."""
    bench.tell("the state of charge is not known; a person asks for it")
    entities = await entities_of(bench.api)
    await bench.api.perform(
        "button.press", entity_id=entities[CHARGER, "button.read_state_of_charge"]
    )
