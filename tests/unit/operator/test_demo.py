"""`mare demo`: its load, its count of what happens, and the report beside the simulations."""

import fcntl
import io
import os
import struct
import termios
from collections.abc import Callable

import pytest

from mare.demo.screen import ProgressTerminal, WorkerEvents
from mare.demo.settings import SERVICE_SECONDS, WORKERS, arrivals
from mare.demo.tally import Tally, report, scenario


@pytest.mark.parametrize("most", [1, 8, 64])
def test_the_load_fits_the_processes_and_has_a_pause(most: int) -> None:
    moments = arrivals(120, most)
    capacity = most * WORKERS / SERVICE_SECONDS
    assert 0.1 < len(moments) / (120 * capacity) < 0.6
    assert not [moment for moment in moments if 51 < moment < 60]
    assert moments == sorted(moments)
    assert moments[-1] < 120


def test_replica_seconds_add_up_the_processes_between_two_counts() -> None:
    tally = Tally(10)
    tally.advance(1.0, 2)
    tally.advance(3.0, 5)
    tally.advance(4.0, 0)
    assert tally.replica_seconds == 2 * 2 + 5 * 1
    assert tally.most_replicas == 5


def test_the_recorded_load_has_each_message_in_its_second() -> None:
    tally = Tally(10, published=[0.2, 0.9, 2.5])
    tally.advance(3.2, 0)
    assert tally.rows() == ((0.0, 2), (1.0, 0), (2.0, 1), (3.0, 0))


TALLY = Tally(40, published=[0.5, 0.6, 11.0, 11.1, 11.2, 11.9], waits=[0.1])
TALLY.advance(12.0, 1)


def test_the_progress_shows_the_load_so_far_and_what_waits() -> None:
    line = TALLY.progress(80)
    assert line == "  12 of 40 s  ▄    █                   5 waiting    1 replica  recent p95 0.1 s"
    assert "3 messages/s     5 waiting" in TALLY.progress(100)


@pytest.mark.parametrize("columns", range(1, 120))
def test_the_progress_leaves_out_what_does_not_fit(columns: int) -> None:
    line = TALLY.progress(columns)
    assert len(line) < columns
    assert bool(line) == (columns > len("  12 of 40 s    1 replica  recent p95 0.1 s"))


def test_the_report_compares_the_measured_run_with_simulations_of_its_load() -> None:
    tally = Tally(60, published=arrivals(60, 4))
    tally.waits = [0.25] * len(tally.published)
    tally.advance(0.0, 2)
    tally.advance(60.0, 2)
    rows = [line.strip().split("  ") for line in report(tally, 4, 0.5).splitlines()]
    cells = {row[0]: [cell.strip() for cell in row[1:] if cell] for row in rows if len(row) > 3}
    assert cells["Maré, measured"] == ["0.2 s", "0.2 s", "120", "0"]
    assert set(cells) >= {"Maré, simulated", "KEDA default, simulated", "KEDA expert, simulated"}
    played = scenario(tally, 4, 0.5)
    assert played.load.expected(60) == len(tally.published)
    assert played.worker.start_seconds == 0.5


@pytest.mark.parametrize(
    ("wait", "most", "is_told"), [(3.0, 2, True), (3.0, 4, False), (1.0, 2, False)]
)
def test_the_report_tells_that_more_replicas_were_needed(
    wait: float, most: int, *, is_told: bool
) -> None:
    tally = Tally(20, published=arrivals(20, 2))
    tally.waits = [wait] * len(tally.published)
    tally.advance(20.0, 2)
    assert (f"All {most} replicas ran" in report(tally, most, 0.5)) == is_told


def test_the_report_of_a_demo_that_ended_at_once_states_it() -> None:
    assert report(Tally(60), 4, 1.0) == "No message was published."


def test_lines_of_workers_are_counted_and_all_others_are_shown() -> None:
    shown, tally, now = io.StringIO(), Tally(10), 100.0
    events = WorkerEvents(ProgressTerminal(shown), tally, lambda: now)
    events.running({"worker-1"})
    now = 100.75
    events.running({"worker-1"})
    events.wrote("worker-1", "started")
    events.wrote("worker-1", "waited 0.1250")
    events.wrote("worker-1", "Traceback")
    assert events.start_seconds == 0.75
    assert tally.waits == [0.125]
    assert [line.split()[-1] for line in shown.getvalue().splitlines()] == ["Traceback"]


def on_terminal(columns: int, write: Callable[[ProgressTerminal], object]) -> str:
    """Return what is written to a pseudo-terminal of this width."""
    near, far = os.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(far, "w") as stream:
        write(ProgressTerminal(stream))
        stream.write("\0")
    shown = b""
    while not shown.endswith(b"\0"):  # one read may return one of the writes only
        shown += os.read(near, 4096)
    os.close(near)
    return shown[:-1].decode()


@pytest.mark.parametrize("columns", [120, 80, 60])
def test_on_a_terminal_the_progress_stays_below_the_other_lines(columns: int) -> None:
    shown = on_terminal(columns, lambda to: (to.progress(TALLY), to.write("a decision")))
    line = TALLY.progress(columns)
    assert len(line) < columns
    assert shown == f"\r\x1b[K{line}\r\x1b[Ka decision\r\n\r\x1b[K{line}"


@pytest.mark.parametrize("columns", [120, 80, 60])
def test_lines_are_broken_between_words(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    tally = Tally(20, published=arrivals(20, 2))
    tally.advance(20.0, 2)
    decision = "1 → 4 replicas: 13 messages at 4 workers per replica need 4 replicas. Not known."
    texts = report(tally, 2, 0.5), decision
    shown = on_terminal(columns, lambda to: (to.paragraphs(texts[0]), to.highlight("w", texts[1])))
    assert [line for line in shown.splitlines() if len(line) > columns] == []
    assert {*" ".join(texts).split()} <= {*shown.split()}


def test_lines_have_the_seconds_of_the_progress() -> None:
    stream = io.StringIO()
    terminal = ProgressTerminal(stream)
    terminal._started_at -= 20
    terminal.show("broker", "ready")
    terminal.restart_clock()
    terminal.show("worker", "0 → 1")
    assert [line.split()[0] for line in stream.getvalue().splitlines()] == ["20.0", "0.0"]


def test_without_a_terminal_the_progress_is_a_line_every_ten_seconds() -> None:
    stream = io.StringIO()
    terminal, tally = ProgressTerminal(stream), Tally(60)
    for second in range(21):
        tally.advance(second, 1)
        terminal.progress(tally)
    assert [line.split()[0] for line in stream.getvalue().splitlines()] == ["0", "10", "20"]
