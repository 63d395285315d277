"""Ports that no process uses."""

import itertools
import os
import socket
import subprocess
import sys

import pytest

from mare.processes import tcp_ports
from mare.processes.tcp_ports import free_port, is_free


def test_a_port_is_given_once_and_lies_below_those_of_outgoing_connections() -> None:
    given = [free_port() for _ in range(20)]
    assert len(set(given)) == 20
    assert all(10_000 <= port < 30_000 for port in given)


def test_a_port_with_a_listener_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = free_port()
    _give_back()
    with socket.create_server(("127.0.0.1", taken)):
        assert not is_free(taken)
        monkeypatch.setattr(tcp_ports, "_numbers", itertools.count(taken - 10_000))
        assert free_port() != taken
    assert is_free(taken)


_FROM_THERE_ON = """
import itertools, sys
from mare.processes import tcp_ports
tcp_ports._numbers = itertools.count(int(sys.argv[1]) - 10_000)
print(tcp_ports.free_port())
"""


def test_another_process_does_not_get_a_port_on_which_nothing_listens_yet() -> None:
    port = free_port()

    def others() -> int:
        command = [sys.executable, "-c", _FROM_THERE_ON, str(port)]
        return int(subprocess.run(command, capture_output=True, check=True).stdout)

    assert others() != port
    _give_back()
    assert others() == port


def test_no_more_reservations_are_held_than_a_process_may_have_files() -> None:
    for _ in range(300):
        free_port()
    assert len(tcp_ports._reservations) == 200


def _give_back() -> None:
    while tcp_ports._reservations:
        os.close(tcp_ports._reservations.popleft())
