"""What a start costs: every pod of a burst pays for every import."""

import subprocess
import sys

NOT_NEEDED = (
    "dns",
    "opentelemetry",
    "pkg_resources",
    "requests",
    "nameko.web",
    "nameko.standalone.rpc",
)


def modules_after(code):
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not ended.stderr
    return set(ended.stdout.split())


def test_a_service_imports_nothing_that_it_does_not_need():
    names = "RpcProxy, rpc, event_handler, EventDispatcher, serve, timer"
    loaded = modules_after(
        "from mare_nameko.service.patcher import monkey_patch; monkey_patch()\n"
        f"import mare_nameko.service.command\nfrom mare_nameko.service import {names}"
    )

    assert "nameko.rpc" in loaded
    assert not [name for name in NOT_NEEDED if name in loaded]


def test_settings_and_topology_are_to_be_had_without_nameko():
    loaded = modules_after("import mare_nameko.service.settings, mare_nameko.topology")

    assert not {"eventlet", "nameko", "kombu"} & loaded


def test_host_names_are_resolved_beside_the_event_loop():
    loaded = modules_after(
        "from mare_nameko.service.patcher import monkey_patch; monkey_patch()\n"
        "import socket, eventlet\n"
        "turns = []\n"
        "eventlet.spawn(lambda: turns.append(1))\n"
        "assert socket.getaddrinfo('localhost', 80)\n"
        "assert turns, 'a green thread had its turn meanwhile'"
    )

    assert "dns" not in loaded
