"""Programs that serve a class of their own, and brokers that refuse them."""

import os
import subprocess
import sys

import pytest

from tests.integration.runtime.conftest import consumed
from tests.vhost import eventually

pytestmark = pytest.mark.broker


SCRIPT = """
from mare_nameko.service import monkey_patch
monkey_patch()
from nameko.dependency_providers import Config
from mare_nameko.service import rpc, serve

class Own:
    name = "own"

    config = Config()

    @rpc
    def configured(self):
        return self.config["WORD"]

serve(Own, config={"WORD": "olá"})
"""


def test_a_program_can_serve_a_class_of_its_own(vhost, caller, tmp_path):
    script = tmp_path / "own.py"
    script.write_text(SCRIPT)
    environ = os.environ | {"AMQP_URI": vhost.amqp_uri, "RUNTIME_HEALTH_PORT": "0"}
    with subprocess.Popen([sys.executable, script], env=environ) as process:
        consumed(vhost, "rpc-own")
        assert caller.call("own.configured") == "olá"
        process.terminate()
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [("//mare:", "//someone:", "ACCESS_REFUSED"), ("/test-", "/no-test-", "vhost no-test-")],
)
def test_refused_credentials_are_logged_and_tried_again(right, wrong, words, vhost, launch):
    worker = launch("runtime", "Worker", vhost.amqp_uri.replace(right, wrong))

    eventually(lambda: words in worker.log())
    assert worker.get("/readyz")[0] == 503
    assert worker.get("/livez")[0] == 200


def test_a_queue_of_the_default_type_before_is_consumed_as_it_is(vhost, launch, caller):
    with vhost.connect() as connection:
        connection.channel().queue_declare(
            "rpc-worker", durable=True, auto_delete=False, arguments={"x-queue-type": "classic"}
        )

    worker = launch("runtime", "Worker", vhost.amqp_uri).wait_ready()

    assert caller.call("worker.echo", 1) == 1
    assert "The queue rpc-worker is consumed as it is: Queue.declare: (406)" in worker.log()
