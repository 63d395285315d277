"""Records which autoscaler acts on each workload, four times a second."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from tests.e2e.application import Application

_PERIOD = 0.25


class ScalerWatch:
    """KEDA acts with an HPA of a ScaledObject, Maré without dryRun and with AbleToScale True."""

    def __init__(self, shop: Application, names: list[str]) -> None:
        self._shop, self._names = shop, names
        self.samples: dict[str, list[tuple[float, str]]] = defaultdict(list)
        """For each workload the times of the samples, and which autoscaler acted then."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def scales(self, autoscaler: str, name: str) -> bool:
        samples = self.samples[name]
        return bool(samples) and samples[-1][1] == autoscaler

    def _run(self) -> None:
        while not self._ended.wait(_PERIOD):
            self._sample()

    def _sample(self) -> None:
        autoscalers = self._shop.read("apis/autoscaling/v2", "horizontalpodautoscalers")["items"]
        ours = self._shop.read("apis/mare.dev/v1alpha1", "queueautoscalers")["items"]
        now = time.time()
        for name in self._names:
            keda = any(each["spec"]["scaleTargetRef"]["name"] == name for each in autoscalers)
            mare = any(each["metadata"]["name"] == name and _acts(each) for each in ours)
            acting = "both" if keda and mare else "KEDA" if keda else "Maré" if mare else "none"
            self.samples[name].append((now, acting))


def handovers(samples: Sequence[tuple[float, str]]) -> Iterator[tuple[str, float]]:
    """Yield each autoscaler that begins to act, and the seconds without one before it.

    They are those between two samples at least, so a handover without a gap has 0.3 s. "none" is
    yielded if no autoscaler acts at the end.
    """
    ends = {0, len(samples) - 1}
    shown = [(n, *each) for n, each in enumerate(samples) if each[1] != "none" or n in ends]
    for (place, at, before), (next_place, after, autoscaler) in pairwise(shown):
        if before != autoscaler or next_place > place + 1:
            yield autoscaler, after - at


def _acts(autoscaler: dict[str, Any]) -> bool:
    conditions = autoscaler.get("status", {}).get("conditions", [])
    able = any(each["type"] == "AbleToScale" and each["status"] == "True" for each in conditions)
    return able and not autoscaler["spec"].get("dryRun", False)
