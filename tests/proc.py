"""What /proc shows of a process."""

import os
import re
import signal
from pathlib import Path

from local.processor_time import processor_seconds


def children(pid: int) -> list[int]:
    """Return the processes that the main thread of a process has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def tree_seconds(pid: int) -> float:
    """Return the processor time of a process and of those that it has started."""
    return sum(map(processor_seconds, (pid, *children(pid))))


def pending_signals(pid: int) -> set[int]:
    """Return the signals that no thread of a process has taken."""
    return _signals(Path(f"/proc/{pid}/status"), "ShdPnd")


def threads_that_take(number: signal.Signals, pid: int) -> int:
    """Return how many threads of a process do not block a signal."""
    threads = Path(f"/proc/{pid}/task").glob("*/status")
    return sum(number not in _signals(status, "SigBlk") for status in threads)


def _signals(status: Path, field: str) -> set[int]:
    (mask,) = re.findall(rf"^{field}:\s*(\w+)$", status.read_text(), re.MULTILINE)
    return {number for number in signal.valid_signals() if int(mask, 16) >> number - 1 & 1}


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
