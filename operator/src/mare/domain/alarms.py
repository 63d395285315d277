"""Resource alarms of the broker: while one is in effect, RabbitMQ blocks every publisher.

The load that publishers would cause is then unknown: queues that drain are no reason to remove
replicas, which are needed again when the alarm ends.
"""

from collections.abc import Iterable

from mare.domain.unknown import Unknown

_ALARMS = {
    "memory": Unknown("MemoryAlarm", "a memory alarm of RabbitMQ blocks all publishers"),
    "disk": Unknown("DiskAlarm", "a disk alarm of RabbitMQ blocks all publishers"),
}
ALARM_NOT_REPORTED = Unknown("NotReported", "only the management API reports alarms")


def alarm_of(resources: Iterable[str]) -> Unknown | None:
    """Return why the load is unknown, by the resources that are short; None without an alarm."""
    short = set(resources)
    return next((alarm for resource, alarm in _ALARMS.items() if resource in short), None)


def in_effect(alarm: Unknown | None) -> Unknown | None:
    """Return an alarm that was reported; None if there is none, or it is not known."""
    return alarm if alarm in _ALARMS.values() else None
