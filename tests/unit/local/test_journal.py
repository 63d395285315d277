"""What of a child's log a person sees, and what the files keep."""

import io
import json
from pathlib import Path

import pytest

from local.journal import Journal, readable
from mare.local_run.terminal import Terminal


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ('{"level": "INFO", "message": "Served"}', None),
        ('{"message": "no level"}', None),
        ('{"level": "WARNING", "message": "Slow"}', "WARNING Slow"),
        (
            '{"level": "WARNING", "message": "Opened", "source": "met.no", "request_id": "7"}',
            "WARNING Opened (source met.no)",
        ),
        (
            '{"level": "ERROR", "message": "Failed", "exception": "Traceback:\\n  x\\nOSError: 5"}',
            "ERROR Failed (OSError: 5)",
        ),
        ("AMQP_URI is not set.", "AMQP_URI is not set."),
        ("[1, 2]", "[1, 2]"),
        ("", ""),
    ],
)
def test_a_person_sees_warnings_and_whatever_is_no_log_line(line: str, seen: str | None) -> None:
    assert readable(line) == seen


def test_a_line_that_repeats_is_shown_once_in_a_while_and_always_kept(tmp_path: Path) -> None:
    terminal = io.StringIO()
    seconds = iter([0.0, 1.0, 29.0, 31.0, 31.0])
    journal = Journal(tmp_path, Terminal(terminal), clock=lambda: next(seconds))
    line = json.dumps({"level": "WARNING", "message": "Waiting"})
    for _ in range(4):
        journal.wrote("weather-1", line)
    journal.wrote("music-1", line)
    journal.close()
    shown = terminal.getvalue().splitlines()
    assert [words.split()[2] for words in shown] == ["weather-1", "weather-1", "music-1"]
    assert (tmp_path / "weather-1.log").read_text().splitlines() == [line] * 4


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "ended with exit code 3; restarts in 0.5 s"),
        (-9, "was ended by signal 9; restarts in 0.5 s"),
    ],
)
def test_an_end_is_logged_in_one_line(tmp_path: Path, code: int, words: str) -> None:
    terminal = io.StringIO()
    journal = Journal(tmp_path, Terminal(terminal))
    journal.ended("music-1", code, 0.5)
    assert terminal.getvalue().rstrip().endswith(f"music-1     {words}")


def test_a_log_file_has_a_bound(tmp_path: Path) -> None:
    journal = Journal(tmp_path, Terminal(io.StringIO()))
    line = json.dumps({"level": "INFO", "message": "x" * 50_000})
    for _ in range(300):
        journal.wrote("weather-1", line)
    journal.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["weather-1.log", "weather-1.log.1"]
    assert all(file.stat().st_size <= 5_000_000 for file in files)
