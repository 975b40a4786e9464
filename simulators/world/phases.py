"""Name the shapes in which the world talks about phases."""

type PhaseAmps = tuple[float, float, float]
"""Amperes on L1, L2 and L3. At the grid: + import, - export."""

type PhaseMap = tuple[int, int, int]
"""Grid phase (1 to 3) to which each of a charger's own phases L1, L2, L3 is wired."""

NO_AMPS: PhaseAmps = (0.0, 0.0, 0.0)
STRAIGHT: PhaseMap = (1, 2, 3)


def on_grid(own_a: PhaseAmps, phase_map: PhaseMap) -> PhaseAmps:
    """Return the current of a charger's own phases, ordered by grid phase."""
    grid_a = [0.0, 0.0, 0.0]
    for current_a, grid_phase in zip(own_a, phase_map, strict=True):
        grid_a[grid_phase - 1] += current_a
    return grid_a[0], grid_a[1], grid_a[2]


def add(first: PhaseAmps, second: PhaseAmps) -> PhaseAmps:
    """Return the sum per phase."""
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]
