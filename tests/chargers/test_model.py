"""What holds for every make."""

from custom_components.busbar.chargers.model import KEPT_OCCURRENCES, Occurrence


def test_occurrences_at_one_moment_can_be_told_apart() -> None:
    """Each is later than the one before, and the last ones are kept."""
    last: Occurrence | None = None
    for number in range(KEPT_OCCURRENCES + 3):
        last = Occurrence(kind=str(number), happened_at=5.0).after(last)
    assert last is not None
    assert [one.kind for one in last.earlier] == [
        str(number) for number in range(2, KEPT_OCCURRENCES + 2)
    ]
    moments = [one.happened_at for one in (*last.earlier, last)]
    assert moments == sorted(set(moments))
    assert not any(one.earlier for one in last.earlier)
    assert Occurrence(kind="later", happened_at=9.0).after(last).happened_at == 9.0
