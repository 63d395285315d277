"""Who scales a workload that several objects name: of those that would, the one created first."""

from collections import defaultdict

from mare.custom_resource.autoscaler import Autoscaler, Key, ScaleTarget


class TargetOwners:
    def __init__(self) -> None:
        self._of: dict[ScaleTarget, list[tuple[str, Key]]] = defaultdict(list)

    def put(self, autoscaler: Autoscaler) -> None:
        """Take the claim of an object; one that only shows what it would do has none."""
        if autoscaler.policy.dry_run:
            return
        claims = self._of[autoscaler.target]
        claims.append((autoscaler.created, autoscaler.key))
        claims.sort()

    def remove(self, autoscaler: Autoscaler) -> None:
        """Forget an object, which has to be given as it was put."""
        if autoscaler.policy.dry_run:
            return
        claims = self._of[autoscaler.target]
        claims.remove((autoscaler.created, autoscaler.key))
        if not claims:
            del self._of[autoscaler.target]

    def owner(self, autoscaler: Autoscaler) -> str | None:
        """Kind and name of the object that has the same workload, if it is another one."""
        claims = self._of.get(autoscaler.target)
        if not claims or claims[0][1] == autoscaler.key:
            return None
        return f"QueueAutoscaler {claims[0][1].name}"
