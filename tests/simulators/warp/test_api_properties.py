"""Whatever is written, the device stays in a state that it could really be in."""

import json
from typing import Any

from hypothesis import given, strategies as st

from simulators.warp.device import WarpDevice
from simulators.warp.generation import Generation
from simulators.warp.settings import WarpSettings
from simulators.world import Car, ManualClock

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**33), 2**33)
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["current", "enabled", "phases_wanted", "x"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=5,
)
CURRENTS = st.integers(0, 70000) | st.builds(lambda ma: {"current": ma}, st.integers())
PATHS = st.sampled_from(
    [
        "evse/external_current",
        "evse/external_current_update",
        "evse/global_current",
        "evse/external_enabled",
        "evse/start_charging",
        "evse/stop_charging",
        "evse/state",
        "evse/boost_mode",
        "power_manager/external_control",
        "charge_manager/available_current",
        "charge_manager/charge_modes",
        "nothing/here",
    ]
)
WRITES = st.lists(st.tuples(PATHS, JSON_VALUES | CURRENTS), max_size=12)


@given(generation=st.sampled_from(list(Generation)), writes=WRITES)
def test_no_write_leads_to_an_impossible_state(
    generation: Generation, writes: list[tuple[str, Any]]
) -> None:
    """Answers are documented ones; slots hold 0 or 6 to 32 A; the car never takes more."""
    clock = ManualClock()
    device = WarpDevice(clock, WarpSettings(generation=generation))
    if device.controller is not None:
        device.controller.plug(Car(), clock.now())
    for path, payload in writes:
        accepted = len(device.board.writes)
        reply = device.api.request("PUT", path, json.dumps(payload).encode())
        assert reply.status in (200, 400, 404, 405)
        assert (reply.status == 200) == (reply.text == "")
        assert (len(device.board.writes) > accepted) == (reply.status == 200)
        clock.advance(0.25)
        device.tick(clock.now(), is_full_second=True)
        if device.controller is None:
            continue
        for number in range(device.board.spec.slots):
            current_ma = device.controller.slots[number].max_current_ma
            assert current_ma == 0 or 6000 <= current_ma <= 32000
        allowed_a = device.controller.slots.allowed_ma / 1000
        boost_a = 0.24 if device.controller.boost else 0.0
        assert max(device.measured_a) <= allowed_a + boost_a
