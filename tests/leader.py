"""The leader of a quorum queue, made to be silent for a while."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from mare.private_broker.config import environment
from mare.private_broker.container import Container
from mare.private_broker.process import Process
from tests.vhost import Vhost

_LEADER = """\
{{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, <<"{queue}">>)),
{{Name, _}} = amqqueue:get_pid(Queue), ok = sys:{what}(whereis(Name)).
"""


@contextmanager
def silent_leader(vhost: Vhost, queue: str) -> Iterator[None]:
    """Let the process that leads ``queue`` answer nobody meanwhile, as if it were too busy."""
    _tell(vhost, queue, "suspend")
    try:
        yield
    finally:
        _tell(vhost, queue, "resume")


def _tell(vhost: Vhost, queue: str, what: str) -> None:
    call = _LEADER.format(vhost=vhost.name, queue=queue, what=what)
    server = vhost.node._server
    program = "rabbitmqctl"
    match server:
        case Process():
            command = server.command(program, "eval", call)
            own = environment(server.name, server.ports, server.places)
        case Container():
            command, own = ["docker", "exec", server.name, program, "eval", call], None
    subprocess.run(command, env=own, check=True, capture_output=True, text=True, timeout=60)
