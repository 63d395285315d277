"""Faults of RabbitMQ that it has words for: alarms, and messages that no consumer understands."""

import json
from contextlib import suppress
from typing import Any

from tests.e2e.application import Application, job
from tests.load.job_burst import wait

ALARMS = {
    "memory": ("set_vm_memory_high_watermark", "0.0001"),
    "disk": ("set_disk_free_limit", "100000GB"),
}
"""The command of rabbitmqctl, and a limit that is reached at once."""
_RESTORED = {"memory": "0.6", "disk": "1GB"}
_QUEUES = (
    *("rpc-weather", "rpc-music", "rpc-playlists", "rpc-jobs"),
    *("evt-jobs-job_accepted--playlists.compose", "work"),
)
LEFT_OUT = ("seen", "ledger", "dead-letters")
"""Queues that fill with the run: reports, and poison messages, which no consumer takes."""
_LEAVE_SECONDS = 240.0
"""An event that no consumer understands is retried five times within 191 s."""
URI = {"name": "mare-rabbitmq-chaos", "key": "amqp-uri"}


def raise_alarm(application: Application, member: str, alarm: str) -> None:
    command, limit = ALARMS[alarm]
    application.kubectl("exec", member, "--", "rabbitmqctl", "--quiet", command, limit)


def clear_alarm(application: Application, member: str, alarm: str) -> None:
    command, _ = ALARMS[alarm]
    application.kubectl("exec", member, "--", "rabbitmqctl", "--quiet", command, _RESTORED[alarm])


def image_of_services(application: Application) -> str:
    deployment = application.read("apis/apps/v1", f"deployments/{application.release}-jobs")
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def run_program(application: Application, name: str, *arguments: str, seconds: float) -> str:
    """Run chaos_broker.py with these arguments; return what it prints."""
    command = ["chaos_broker.py", *arguments]
    application.apply(job(image_of_services(application), name, command, AMQP_URI=URI))
    return application.printed_by(name, seconds)


def poison(application: Application) -> None:
    run_program(application, "poison", "poison", "1000", *_QUEUES, seconds=120)


def messages_left(application: Application, member: str) -> dict[str, Any]:
    """Wait until no queue with consumers has messages; return what each still has.

    rabbitmqctl counts at the leader of a queue. The metrics of a member contain former leaders,
    which RabbitMQ removes every two minutes.
    """
    command = ("rabbitmqctl", "--silent", "list_queues", "name", "messages", "--formatter=json")
    left: dict[str, Any] = {"queues that could not be listed": "all"}

    def have_left() -> bool:
        with suppress(ValueError, LookupError, TypeError):  # no list of queues
            listed = application.kubectl("exec", member, "--", *command, seconds=60)
            found = messages_in(listed)
            left.clear()
            left.update(found)
        return not left

    wait(have_left, _LEAVE_SECONDS)
    return left


def messages_in(listed: str) -> dict[str, Any]:
    """Return the queues that have messages; the count of one that is down is no number."""
    return {
        each["name"]: each["messages"]
        for each in json.loads(listed)
        if each["messages"] != 0 and each["name"] not in LEFT_OUT
    }
