"""A real broker on what the chart renders: its files, its users, its second start."""

import json
import os

import amqp
import pytest

from tests.charts.rabbitmq.broker import PASSWORDS, Broker
from tests.vhost import eventually


def _connect(broker: Broker, user: str) -> amqp.Connection:
    return broker.connect(user, broker.passwords[f"{user}-password"].rstrip("\n"))


def _may(broker: Broker, user: str, method: str, *arguments, **options) -> bool:
    with _connect(broker, user) as connection:
        channel = connection.channel()
        try:
            getattr(channel, method)(*arguments, **options)
        except amqp.AccessRefused:
            return False
    return True


def test_a_broker_accepts_all_of_it(broker: Broker):
    def queues() -> dict[str, tuple[str | None, str | None]]:
        found = broker.management.queues("/")
        return {queue["name"]: (queue.get("type"), queue.get("policy")) for queue in found}

    # The management API learns of policies and limits a moment later.
    kept = {"ours": ("quorum", None), "dead-letters": ("quorum", "dead-letters")}
    eventually(lambda: queues() == kept)
    users = {user["name"]: user["tags"] for user in broker.management.call("GET", "users")}
    assert users == {
        "admin": ["administrator", "helm"],
        "operator": ["monitoring", "helm"],
        "services": ["helm"],
        "gateway": ["helm"],
        "leaver": ["helm"],
        "odd": ["helm"],
        "me": [],
    }
    limit = int(0.6 * 1024 * 1024 * 1024)
    eventually(lambda: broker.management.call("GET", "nodes")[0].get("mem_limit") == limit)
    assert broker.container.exec("cat", "/proc/1/comm") == "beam.smp\n"
    arguments = broker.container.exec("cat", "/proc/1/cmdline").replace("\0", " ")
    assert " wal_max_size_bytes " in arguments
    assert " -S 2:2 " in arguments, "an argument of extraEnv takes the place of no other"


def test_a_stopping_node_that_does_not_say_what_is_critical_waits(broker: Broker):
    log = broker.container.log_file
    os.chown(log, 999, -1)
    silent = 'timeout() { return 124; }; . "$0"'

    broker.container.exec("sh", "-c", silent, "/etc/rabbitmq/drain.sh", "1")

    assert "for more members of queues: unknown, RabbitMQ does not answer" in log.read_text()


def test_a_killed_container_comes_back_and_the_secret_is_right(node):
    broker = node()
    broker.start()
    broker.container.kill()
    # The Secret is changed, and the volume still has the old password.
    broker.passwords["services-password"] = "changed"
    broker.start()

    cookie = broker.container.exec("stat", "-c", "%a %u", "/var/lib/rabbitmq/.erlang.cookie")
    assert cookie == "400 999\n"
    assert broker.container.exec("rabbitmqctl", "--silent", "await_startup") == ""
    assert _may(broker, "services", "queue_declare", "rpc-x", durable=True, auto_delete=False)
    broker.passwords["services-password"] = PASSWORDS["services-password"]
    with pytest.raises(amqp.AccessRefused):
        _connect(broker, "services")

    broker.container.stop()


def test_each_role_may_do_what_it_must_and_no_more(broker: Broker):
    durable = {"durable": True, "auto_delete": False}

    for queue in ("rpc-weather", "evt-jobs-job_accepted--playlists.handle", "retry-5s"):
        assert _may(broker, "services", "queue_declare", queue, **durable)
    for exchange in ("nameko-rpc", "jobs.events", "retry-5s"):
        assert _may(broker, "services", "exchange_declare", exchange, "topic", **durable)
    assert _may(broker, "services", "queue_bind", "rpc-weather", "nameko-rpc", "weather.*")
    assert _may(broker, "services", "basic_consume", "dead-letters")
    assert not _may(broker, "services", "queue_declare", "others", **durable)
    assert not _may(broker, "services", "queue_delete", "others")

    reply = {"exclusive": True, "auto_delete": True, "arguments": {"x-queue-type": "classic"}}
    assert _may(broker, "gateway", "queue_declare", "rpc.reply-gateway-1", **reply)
    assert _may(broker, "gateway", "exchange_declare", "nameko-rpc", "topic", **durable)
    assert _may(broker, "gateway", "queue_declare", "rpc-weather", passive=True)
    assert not _may(broker, "gateway", "queue_declare", "rpc-new", **durable)
    assert not _may(broker, "gateway", "basic_consume", "rpc-weather")

    assert _may(broker, "operator", "queue_declare", "rpc-weather", passive=True)
    assert not _may(broker, "operator", "queue_declare", "ours", **durable)
    assert not _may(broker, "operator", "basic_get", "rpc-weather")
    assert not _may(broker, "operator", "queue_purge", "rpc-weather")
    seen = broker.container.management(broker.ports, "operator", "operator-1")
    assert {queue["name"] for queue in seen.queues("/")} >= {"rpc-weather"}
    seen.close()


def test_settings_with_secrets_come_from_a_secret(broker: Broker):
    command = ("rabbitmqctl", "--silent", "eval", "application:get_env(rabbit, heartbeat).")
    assert broker.container.exec(*command) == "{ok,37}\n"


def test_a_password_may_have_any_printable_character(broker: Broker):
    with _connect(broker, "odd") as connection:
        assert connection.connected


@pytest.mark.parametrize(
    ("password", "reason"), [("", "is empty"), ("latin-1: \udce9t\udce9", "is not UTF-8")]
)
def test_a_password_that_cannot_be_is_refused_before_the_broker_starts(node, password, reason):
    broker = node()
    broker.passwords["gateway-password"] = password
    broker.container.start()

    assert broker.container.wait(90) == 1
    assert broker.container.log() == f"The password of user gateway {reason}.\n"


def test_a_restart_of_the_application_applies_definitions_as_they_are_now(broker: Broker):
    before = json.loads(broker.container.exec("cat", "/etc/rabbitmq/definitions.json"))
    policy = {"vhost": "/", "name": "new", "pattern": "^new$", "definition": {"max-length": 1}}
    # As the kubelet does with a volume of a ConfigMap.
    definitions = json.dumps({**before, "policies": [*before["policies"], policy]})
    broker.container.write("files", {"definitions.json": definitions}, 0o440)

    broker.container.exec("rabbitmqctl", "stop_app")
    broker.container.exec("rabbitmqctl", "start_app")

    assert "new" in broker.container.exec("rabbitmqctl", "--silent", "list_policies")


def test_data_of_another_node_stops_the_start(node, tmp_path):
    (tmp_path / "data" / "rabbit@old").mkdir(parents=True)
    broker = node()
    broker.container.start()

    assert broker.container.wait(90) == 1
    assert "The volume holds rabbit@old" in broker.container.log()
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"rabbit@old"}
