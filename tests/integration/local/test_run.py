"""``make run`` from start to stop, as a person at a terminal has it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from mare.processes.tcp_ports import free_port
from tests.load.closed_loop import Load
from tests.system import PATIENT
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker

STARTED = 120.0
PARTS = ("weather", "music", "playlists", "jobs", "webhooks", "gateway", "events", "front")
"""In the order of local/stack.yaml; they stop in reverse."""
SOURCES = {"WEATHER_SOURCES": "none", "WEATHER_GEOCODER": "embedded", "MUSIC_SOURCES": "none"}


class Running:
    """``python -m local.run`` and what it shows."""

    def __init__(self, process: "subprocess.Popen[str]", output: Path, port: int) -> None:
        self.process = process
        self.port = port
        self._output = output

    def shown(self) -> str:
        return self._output.read_text()

    def ready(self) -> bool:
        assert self.process.poll() is None, self.shown()
        return "Open " in self.shown()

    def children(self) -> set[int]:
        found = set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                number, _, rest = stat.read_text().partition(" (")
            except OSError:
                continue
            if rest.rpartition(")")[2].split()[1] == str(self.process.pid):
                found.add(int(number))
        return found

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=90)


@contextmanager
def running(folder: Path, **environ: str) -> Iterator[Running]:
    port = free_port()
    output = folder / "output"
    settings = {"GATEWAY_PORT": str(port), "RUN_FOLDER": str(folder / "logs"), **environ}
    with (
        output.open("w") as file,
        subprocess.Popen(
            [sys.executable, "-m", "local.run"],
            env={**os.environ, **settings},
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        try:
            yield Running(process, output, port)
        finally:
            if process.poll() is None:
                process.kill()


def quick_stack(folder: Path) -> Path:
    """The file of `make run` with windows that a test can wait for, and replicas easily busy."""
    root = Path(__file__).parents[3]
    text = (root / "local/stack.yaml").read_text()
    text = text.replace("folder: ..", f"folder: {root}")
    text = text.replace("stabilizationWindowSeconds: 30", "stabilizationWindowSeconds: 2")
    file = folder / "stack.yaml"
    file.write_text(re.sub(r"nameko: {([^,}]*).*}", r"nameko: {\1, maxWorkers: 1}", text))
    return file


def load_on(system: Running) -> Load:
    """Clients that ask for ever new points, so that every question passes through each part."""

    def ask(number: int) -> requests.Response:
        return system.get(f"/v1/playlists?lat={number % 12_000 / 200}&lon={number % 360 - 180}")

    return Load(ask, clients=24)


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def last_state_streamed(system: Running) -> str:
    """Submit a job and return the state with which its stream ends, all at one address."""
    url = f"http://127.0.0.1:{system.port}"
    job = requests.post(f"{url}/v1/playlists", json={"city": "Olinda"}, timeout=90).json()
    stream = requests.get(url + job["links"]["events"], timeout=90).text
    assert stream.rstrip().rpartition("event: end")[1]
    return re.findall(r"^id: 1-(\w+)$", stream, re.MULTILINE)[-1]


def run_examples_of_the_client(system: Running) -> None:
    """Run the code of client/README.md against this system."""
    text = (Path(__file__).parents[3] / "client/README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    code = "\n".join(blocks).replace(":5000", f":{system.port}")
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count("complete") == 2
    assert done.stdout.split().count("2") == 1  # both jobs of the batch


def test_it_prints_its_urls_survives_a_killed_process_and_stops_cleanly(
    tmp_path: Path, vhost: Vhost
) -> None:
    with running(tmp_path, AMQP_URI=vhost.amqp_uri, **PATIENT) as system:
        eventually(system.ready, STARTED)
        assert "has no management URI" in system.shown()
        assert system.shown().count("MANAGEMENT_URI") == 1
        address = re.search(r"curl '(http://\S+city=Recife)'", system.shown())
        assert address
        answer = requests.get(address[1], timeout=90)
        assert answer.status_code == 200, f"{answer.text}\n{system.shown()}"
        assert answer.json()["place"]["name"] == "Recife"
        assert answer.json()["playlist"]["tracks"]

        assert last_state_streamed(system) == "complete"
        run_examples_of_the_client(system)

        children = system.children()
        assert len(children) == len(PARTS)
        (weather,) = (child for child in children if b"weather" in command_line(child))
        os.kill(weather, signal.SIGKILL)
        eventually(lambda: "weather-1   was ended by signal 9; restarts in" in system.shown())
        eventually(lambda: system.get("/v1/places?q=Olinda").status_code == 200, STARTED)

        children |= system.children()
        system.process.send_signal(signal.SIGINT)
        assert system.process.wait(120) == 0
        stopped = re.findall(r" s  (\w+) +stopped\n", system.shown())
        assert stopped == [*reversed(PARTS)]
        assert all(gone(pid) for pid in children)
        eventually(lambda: not vhost.connections())
        logs = sorted(path.name for path in (tmp_path / "logs").glob("*.log"))
        assert logs == [
            f"{part}-1.log" for part in sorted(PARTS) if part != "front"
        ]  # it is silent


def test_an_invalid_run_file_is_refused_before_a_broker_starts(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("commands: {worker: sleep 5}\nquiet: 3\n")
    with running(tmp_path, RUN_FILE=str(file), AMQP_URI="") as system:
        assert system.process.wait(120) == 1
        assert f"{file}:2" in system.shown()
        assert "s  broker" not in system.shown()


@pytest.mark.nightly
def test_under_load_processes_scale_up_and_down_and_no_request_is_refused(
    tmp_path: Path, vhost: Vhost
) -> None:
    uris = {"AMQP_URI": vhost.amqp_uri, "MANAGEMENT_URI": vhost.node.management_uri}
    quick = {"RUN_FILE": str(quick_stack(tmp_path)), "RUNTIME_MAX_WORKERS": "1"}
    with running(tmp_path, **quick, **PATIENT, **SOURCES, **uris) as system:
        eventually(system.ready, STARTED)
        with load_on(system).running() as load:
            eventually(lambda: re.search(r"playlists +\d → [2-4] replicas: ", system.shown()))
            eventually(lambda: vhost.depth("rpc-playlists").consumers >= 2)
        assert set(load.statuses) == {200}
        eventually(lambda: re.search(r"playlists +\d → 1 replicas: ", system.shown()), 120)
        eventually(lambda: vhost.depth("rpc-playlists").consumers == 1)
        assert system.get("/v1/playlists?city=Recife").status_code == 200


def test_a_taken_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with running(tmp_path, GATEWAY_PORT=str(port)) as system:
            assert system.process.wait(90) == 1
            assert system.shown() == (
                f"Port {port} is taken: stop what listens there, "
                "or choose another with GATEWAY_PORT=5001 make run.\n"
            )


def test_all_invalid_settings_are_reported_before_anything_starts(tmp_path: Path) -> None:
    with running(tmp_path, GATEWAY_PORT="http") as system:
        assert system.process.wait(90) == 1
        assert system.shown().startswith("GATEWAY_PORT='http': ")


def test_a_service_that_cannot_start_ends_the_run_with_its_reason(
    tmp_path: Path, vhost: Vhost
) -> None:
    with running(tmp_path, AMQP_URI=vhost.amqp_uri, RUNTIME_MAX_WORKERS="0") as system:
        assert system.process.wait(120) == 1
        assert "RUNTIME_MAX_WORKERS='0'" in system.shown()
        last = system.shown().splitlines()[-1]
        assert re.fullmatch(r"\w+-1 ended \d+ times before it was ready; see .*-1\.log", last)
