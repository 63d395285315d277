"""Who scales a workload that several objects name: the one that was created first."""

from collections import defaultdict

from mare.custom_resource.autoscaler import Autoscaler, Key, ScaleTarget


class Claims:
    def __init__(self) -> None:
        self._of: dict[ScaleTarget, list[tuple[str, Key]]] = defaultdict(list)

    def put(self, autoscaler: Autoscaler) -> None:
        claims = self._of[autoscaler.target]
        claims.append((autoscaler.created, autoscaler.key))
        claims.sort()

    def remove(self, autoscaler: Autoscaler) -> None:
        claims = self._of[autoscaler.target]
        claims.remove((autoscaler.created, autoscaler.key))
        if not claims:
            del self._of[autoscaler.target]

    def elder(self, autoscaler: Autoscaler) -> str | None:
        """Kind and name of an object that was there before this one, for the same workload."""
        first = self._of[autoscaler.target][0][1]
        return None if first == autoscaler.key else f"QueueAutoscaler {first.name}"
