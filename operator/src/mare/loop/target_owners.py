"""Which of several objects scales a workload that all of them name: the oldest one."""

from collections import defaultdict

from mare.custom_resource.autoscaler import Autoscaler, Key, ScaleTarget


class TargetOwners:
    def __init__(self) -> None:
        self._by_age: dict[ScaleTarget, list[tuple[str, Key]]] = defaultdict(list)

    def put(self, autoscaler: Autoscaler) -> None:
        """Add an object; a dry run scales nothing, so it owns nothing."""
        if autoscaler.spec.dry_run:
            return
        objects = self._by_age[autoscaler.target]
        objects.append((autoscaler.created, autoscaler.key))
        objects.sort()

    def remove(self, autoscaler: Autoscaler) -> None:
        if autoscaler.spec.dry_run:
            return
        objects = self._by_age[autoscaler.target]
        objects.remove((autoscaler.created, autoscaler.key))
        if not objects:
            del self._by_age[autoscaler.target]

    def is_owned(self, target: ScaleTarget) -> bool:
        return target in self._by_age

    def owner(self, autoscaler: Autoscaler) -> str | None:
        """Return the kind and name of the object that scales the workload, if it is another one."""
        objects = self._by_age.get(autoscaler.target)
        if not objects or objects[0][1] == autoscaler.key:
            return None
        return f"QueueAutoscaler {objects[0][1].name}"
