"""The most energy that any plan could have delivered, knowing everything beforehand: a maximum flow.

Cars want energy while they are plugged in, each takes so much at most, and each slot of time has so much
room on a phase. Minimums, whole amperes, delays and forecasts are left out, and the phases of a car are
looked at one by one, so nothing real can pass this bound.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """What one car wants on one phase, in ampere-seconds, and in which slots it is there."""

    wanted_as: float
    maximum_a: float
    slots: range


def most_delivered(
    demands: Sequence[Demand], room_a: Sequence[float], slot_s: float
) -> float:
    """Return the most ampere-seconds that can be delivered on one phase."""
    cars, slots = len(demands), len(room_a)
    source, sink = cars + slots, cars + slots + 1
    graph = _Graph(cars + slots + 2)
    for car, demand in enumerate(demands):
        graph.add(source, car, demand.wanted_as)
        for slot in demand.slots:
            if 0 <= slot < slots:
                graph.add(car, cars + slot, demand.maximum_a * slot_s)
    for slot, amps in enumerate(room_a):
        graph.add(cars + slot, sink, max(0.0, amps) * slot_s)
    return graph.flow(source, sink)


class _Graph:
    """A flow network, solved by shortest augmenting paths in layers (Dinic)."""

    def __init__(self, nodes: int) -> None:
        """Make a network without edges."""
        self._edges: list[list[int]] = [[] for _ in range(nodes)]
        self._to: list[int] = []
        self._left: list[float] = []

    def add(self, start: int, end: int, capacity: float) -> None:
        """Add an edge, and its way back."""
        for node, other, amount in ((start, end, capacity), (end, start, 0.0)):
            self._edges[node].append(len(self._to))
            self._to.append(other)
            self._left.append(amount)

    def flow(self, source: int, sink: int) -> float:
        """Return the maximum flow."""
        total = 0.0
        while (layers := self._layers(source))[sink] >= 0:
            places = [0] * len(self._edges)
            while (pushed := self._push(source, sink, layers, places)) > 1e-6:
                total += pushed
        return total

    def _layers(self, source: int) -> list[int]:
        layers = [-1] * len(self._edges)
        layers[source] = 0
        waiting = deque([source])
        while waiting:
            node = waiting.popleft()
            for edge in self._edges[node]:
                other = self._to[edge]
                if self._left[edge] > 1e-6 and layers[other] < 0:
                    layers[other] = layers[node] + 1
                    waiting.append(other)
        return layers

    def _push(
        self, source: int, sink: int, layers: list[int], places: list[int]
    ) -> float:
        """Push flow along one path of the layers; return how much."""
        path: list[int] = []
        node = source
        while node != sink:
            edges = self._edges[node]
            while places[node] < len(edges):
                edge = edges[places[node]]
                if (
                    self._left[edge] > 1e-6
                    and layers[self._to[edge]] == layers[node] + 1
                ):
                    break
                places[node] += 1
            if places[node] == len(edges):
                if not path:
                    return 0.0
                # A dead end: go back, and do not come here again.
                node = self._to[path.pop() ^ 1]
                places[node] += 1
                continue
            edge = edges[places[node]]
            path.append(edge)
            node = self._to[edge]
        pushed = min(self._left[edge] for edge in path)
        for edge in path:
            self._left[edge] -= pushed
            self._left[edge ^ 1] += pushed
        return pushed
