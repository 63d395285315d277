"""QueueAutoscalers without a cluster: their status goes nowhere, their Events to the terminal."""

from collections.abc import Mapping
from typing import Any

from mare.custom_resource.autoscaler import Autoscaler, Key, ScaleTarget
from mare.local_run.terminal import Terminal


class TerminalObjects:
    """Implements `mare.ports.Objects`."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    async def write_status(self, key: Key, status: Mapping[str, Any]) -> None:
        """Nobody would read it: what it says is in the loop's record, which the dashboard shows."""

    async def publish_event(
        self,
        autoscaler: Autoscaler,
        kind: str,  # noqa: ARG002
        reason: str,  # noqa: ARG002
        message: str,
    ) -> None:
        self._terminal.highlight(autoscaler.target.name, message)


class NoConflicts:
    """Implements `mare.ports.ConflictingAutoscalers`.

    It finds none: a file with two autoscalers for one command is refused.
    """

    def find(self, target: ScaleTarget) -> str | None:  # noqa: ARG002
        return None
