"""Which of several objects scales a workload that all of them name: the oldest one."""

from collections import defaultdict

from mare.custom_resource.autoscaler import Autoscaler, Key, ScaleTarget

_Workload = tuple[str, str, str, str]
"""Namespace, API group, kind and name: all versions of a group show the same workload."""


class TargetOwners:
    def __init__(self) -> None:
        self._by_age: dict[_Workload, list[tuple[str, Key]]] = defaultdict(list)

    def put(self, autoscaler: Autoscaler) -> None:
        """Add an object; a dry run scales nothing, so it owns nothing."""
        if autoscaler.spec.dry_run:
            return
        objects = self._by_age[_workload(autoscaler.target)]
        objects.append((autoscaler.created, autoscaler.key))
        objects.sort()

    def remove(self, autoscaler: Autoscaler) -> None:
        if autoscaler.spec.dry_run:
            return
        workload = _workload(autoscaler.target)
        objects = self._by_age[workload]
        objects.remove((autoscaler.created, autoscaler.key))
        if not objects:
            del self._by_age[workload]

    def is_owned(self, target: ScaleTarget) -> bool:
        return _workload(target) in self._by_age

    def owner(self, autoscaler: Autoscaler) -> str | None:
        """Return the kind and name of the object that scales the workload, if it is another one."""
        objects = self._by_age.get(_workload(autoscaler.target))
        if not objects or objects[0][1] == autoscaler.key:
            return None
        return f"QueueAutoscaler {objects[0][1].name}"


def _workload(target: ScaleTarget) -> _Workload:
    group = target.api_version.rpartition("/")[0]
    return target.namespace, group, target.kind, target.name
