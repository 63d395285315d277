"""Faults of RabbitMQ that it has words for: alarms, and messages that no consumer understands."""

from tests.e2e.application import Application, job

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
