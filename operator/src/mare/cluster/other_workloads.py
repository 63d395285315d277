"""The scales of workloads that no object names, of which a watch shows all."""

from collections.abc import Callable, Iterator

from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import Scale

MOST_OF_NAMESPACE = 2_000
"""As many objects as a namespace may have. The workload of a further one is read when it is named;
10,000 with 4,000 characters each took 44 MB."""
_MAX_SELECTOR = 256
"""Characters. Two recommended labels have 70."""


class OtherWorkloads:
    """The last of each namespace, so that an object that is new need not wait for a read."""

    def __init__(self) -> None:
        self._scales: dict[str, dict[ScaleTarget, Scale]] = {}
        """By namespace."""

    def __iter__(self) -> Iterator[ScaleTarget]:
        return (target for scales in self._scales.values() for target in scales)

    def put(self, target: ScaleTarget, scale: Scale | Unknown) -> None:
        self.pop(target)
        if isinstance(scale, Scale) and len(scale.selector) <= _MAX_SELECTOR:
            scales = self._scales.setdefault(target.namespace, {})
            scales[target] = scale
            if len(scales) > MOST_OF_NAMESPACE:
                del scales[next(iter(scales))]

    def pop(self, target: ScaleTarget) -> Scale | None:
        """Return a scale, which is forgotten."""
        scales = self._scales.get(target.namespace, {})
        found = scales.pop(target, None)
        if not scales:
            self._scales.pop(target.namespace, None)
        return found

    def keep(self, is_watched: Callable[[ScaleTarget], bool]) -> None:
        """Forget all other workloads."""
        for target in [each for each in self if not is_watched(each)]:
            self.pop(target)
