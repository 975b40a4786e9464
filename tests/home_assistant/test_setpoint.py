"""What is written follows from wish, allocation and time alone."""

from hypothesis import given, strategies as st
import pytest

from custom_components.busbar.chargers.model import Capabilities, CurrentRange
from custom_components.busbar.steering.setpoint import (
    Setpoint,
    SiteAllocation,
    Wish,
    merge,
)

AC = Capabilities(charge=CurrentRange(minimum_a=6, maximum_a=32, step_a=1))
V2G = Capabilities(
    charge=CurrentRange(minimum_a=3, maximum_a=32, step_a=1),
    discharge=CurrentRange(minimum_a=3, maximum_a=32, step_a=1),
)
ON_OFF = Capabilities(full_current_a=16)

amperes = st.floats(min_value=-40, max_value=40)
wishes = st.builds(
    Wish,
    current_limit_a=st.none() | st.floats(min_value=-32, max_value=32),
    phases=st.none() | st.sampled_from([1, 3]),
)
allocations = st.builds(
    SiteAllocation,
    current_a=amperes,
    ends_at=st.floats(min_value=0, max_value=200),
    falls_to_a=st.floats(min_value=0, max_value=32),
    phases=st.none() | st.sampled_from([1, 3]),
    lease_s=st.none(),
)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(), Setpoint()),
        (Wish(current_limit_a=10), Setpoint(current_a=10)),
        (Wish(current_limit_a=-10), Setpoint(current_a=-10)),
        (Wish(phases=1), Setpoint(phases=1)),
    ],
)
def test_without_a_site_a_wish_goes_to_the_wire_as_it_is(
    wish: Wish, expected: Setpoint
) -> None:
    """And without a wish nothing does."""
    assert merge(AC, wish, None, 0) == expected


@pytest.mark.parametrize(("now", "expected"), [(99.9, 16), (100.0, 8), (500.0, 8)])
def test_an_allocation_ends_at_the_fail_safe_current(
    now: float, expected: float
) -> None:
    """From its end on, to the moment."""
    allocation = SiteAllocation(current_a=16, ends_at=100, falls_to_a=8)
    assert merge(AC, Wish(), allocation, now).current_a == expected


def test_a_discharge_ends_at_zero() -> None:
    """Nobody watches the meter any more, so the house may get less than it gives."""
    allocation = SiteAllocation(current_a=-10, ends_at=100, falls_to_a=8)
    assert merge(V2G, Wish(), allocation, 99).current_a == -10
    assert merge(V2G, Wish(), allocation, 100).current_a == 0


@pytest.mark.parametrize(("allocated_a", "expected"), [(16, 10), (-16, -10), (6, 6)])
def test_a_wish_to_discharge_is_a_cap_under_a_site(
    allocated_a: float, expected: float
) -> None:
    """The site decides about the direction, the person about the size."""
    allocation = SiteAllocation(current_a=allocated_a, ends_at=100, falls_to_a=0)
    wish = Wish(current_limit_a=-10)
    assert merge(V2G, wish, allocation, 0).current_a == expected


def test_a_discharge_is_refused_where_there_is_none() -> None:
    """A charger that cannot discharge is told 0."""
    allocation = SiteAllocation(current_a=-10, ends_at=100, falls_to_a=0)
    assert merge(AC, Wish(), allocation, 0).current_a == 0


def test_an_on_off_charger_gets_what_was_decided() -> None:
    """Its full current or nothing: there is no range to round to."""
    allocation = SiteAllocation(current_a=16, ends_at=100, falls_to_a=0)
    assert merge(ON_OFF, Wish(), allocation, 0).current_a == 16


def test_the_smaller_phase_count_wins() -> None:
    """A person's one phase caps the site's three, and the other way round."""
    three = SiteAllocation(current_a=16, ends_at=100, falls_to_a=0, phases=3)
    assert merge(AC, Wish(phases=1), three, 0).phases == 1
    assert merge(AC, Wish(), three, 0).phases == 3


def test_a_lease_is_passed_on() -> None:
    """Where the charger can end a limit by itself."""
    leased = SiteAllocation(current_a=16, ends_at=100, falls_to_a=0, lease_s=300)
    assert merge(AC, Wish(), leased, 0).lease_s == 300


@pytest.mark.parametrize("capabilities", [AC, V2G])
@given(wish=wishes, allocation=allocations, now=st.floats(min_value=0, max_value=300))
def test_never_more_than_the_person_or_the_site_allows(
    capabilities: Capabilities, wish: Wish, allocation: SiteAllocation, now: float
) -> None:
    """Nor a current that cannot be set, whatever was wished and allocated."""
    current_a = merge(capabilities, wish, allocation, now).current_a
    assert current_a is not None
    size_a = abs(current_a)
    assert size_a <= abs(allocation.current_a) + 1e-5
    if wish.current_limit_a is not None:
        assert size_a <= abs(wish.current_limit_a) + 1e-5
    if now >= allocation.ends_at:
        assert 0 <= current_a <= max(0, allocation.falls_to_a) + 1e-5
    assert size_a == 0 or size_a >= 3
    assert current_a * allocation.current_a >= 0


@given(wish=wishes)
def test_a_wish_survives_storage(wish: Wish) -> None:
    """What a person decided is not lost over a restart."""
    assert Wish.from_dict(wish.as_dict()) == wish
