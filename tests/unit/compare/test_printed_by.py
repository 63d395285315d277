"""What a Job has printed, for a comparison that runs for hours: a Job that fails is not awaited."""

from typing import cast

import pytest

from devcluster.cluster import Cluster
from mare.processes.command import CommandFailed
from tests.e2e.application import Application

PRINTED = "report\n" * 1000 + "no broker\n"


class Jobs:
    """A Job with these conditions."""

    def __init__(self, conditions: str) -> None:
        self._conditions = conditions
        self.verbs: list[str] = []

    def kubectl(self, *arguments: str, stdin: str = "", seconds: float = 120) -> str:
        verb = next(each for each in arguments if each in {"wait", "logs", "get", "delete"})
        self.verbs.append(verb)
        if verb == "wait":
            assert arguments[-2:] == ("--for=jsonpath={.status.conditions}", "--timeout=300s")
        if verb == "get":
            assert arguments[-1] == "-o=jsonpath={.status.conditions[*].type}"
        return {"logs": PRINTED, "get": self._conditions}.get(verb, "")


def test_a_complete_job_is_deleted_once_it_was_read():
    jobs = Jobs("SuccessCriteriaMet Complete")

    assert Application(cast("Cluster", jobs), "shop").printed_by("publish") == PRINTED
    assert jobs.verbs == ["wait", "logs", "get", "delete"]


@pytest.mark.parametrize("conditions", ["FailureTarget", "FailureTarget Failed"])
def test_a_job_that_fails_says_its_last_words(conditions: str):
    jobs = Jobs(conditions)

    with pytest.raises(CommandFailed, match=r"^job/publish failed:(?s:.{2000})$"):
        Application(cast("Cluster", jobs), "shop").printed_by("publish")
    assert jobs.verbs[-1] == "delete"
