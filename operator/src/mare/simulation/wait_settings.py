"""The settings of a spec with another waitSeconds."""

from dataclasses import replace

from mare.domain.spec import QueueWaitTime, ScalingSpec, Target, default_behavior


def own_wait(spec: ScalingSpec) -> float | None:
    """Return the shortest waitSeconds of the targets; None if no target is QueueWaitTime."""
    waits = (each.wait_seconds for each in spec.targets if isinstance(each, QueueWaitTime))
    return min(waits, default=None)


def with_wait(spec: ScalingSpec, wait_seconds: float) -> ScalingSpec:
    """Return the spec with a waitSeconds. Without a QueueWaitTime it replaces the other targets.

    A `behavior` that was the default becomes the default of the new targets.
    """
    targets: tuple[Target, ...] = tuple(
        replace(each, wait_seconds=wait_seconds) if isinstance(each, QueueWaitTime) else each
        for each in spec.targets
    )
    if targets == spec.targets and own_wait(spec) is None:
        targets = (QueueWaitTime(wait_seconds=wait_seconds),)
    is_default = spec.behavior == default_behavior(spec.targets)
    behavior = default_behavior(targets) if is_default else spec.behavior
    return replace(spec, targets=targets, behavior=behavior)
