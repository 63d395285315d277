"""The leader of a quorum queue, made to be silent for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.vhost import Vhost

_LEADER = """\
{{ok, Queue}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, <<"{queue}">>)),
{{Name, _}} = amqqueue:get_pid(Queue), ok = sys:{what}(whereis(Name)).
"""


@contextmanager
def silent_leader(vhost: Vhost, queue: str) -> Iterator[None]:
    """Let the process that leads ``queue`` answer nobody meanwhile, as if it were too busy."""
    _send_to_leader(vhost, queue, "suspend")
    try:
        yield
    finally:
        _send_to_leader(vhost, queue, "resume")


def _send_to_leader(vhost: Vhost, queue: str, what: str) -> None:
    vhost.node.evaluate(_LEADER.format(vhost=vhost.name, queue=queue, what=what))
