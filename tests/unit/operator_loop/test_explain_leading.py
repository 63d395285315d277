"""`mare explain` on objects whose operator no longer leads, or may not."""

from click import unstyle

from mare.custom_resource.status_values import seconds_of
from mare.explanation.constraint import verdict_of
from mare.explanation.explained import explain as explain_object
from mare.explanation.leading import Renewal, Unread
from mare.explanation.text import text
from tests.unit.operator_loop.test_explain_command import stored

RENEWED = Renewal("mare/mare-operator", 1_000_000.0)
THREE_HOURS = 3 * 3600


def test_a_lease_that_is_not_renewed_is_a_warning_and_an_error():
    explained = explain_object(stored(), RENEWED.at + THREE_HOURS, RENEWED)
    output = unstyle(text(explained, RENEWED.at + THREE_HOURS))
    lines = output.splitlines()
    assert lines[0] == "Deployment/worker is unable to scale (UnableToScale)"
    since = (
        "o operator has decided since 1970-01-12T13:46:40Z: Lease mare/mare-operator is not renewed"
    )
    assert lines[1].startswith(f"N{since}. The last decision: Kept at 10: ")
    assert f"Warning MARE018 (QueueAutoscaler/worker) n{since}" in lines
    assert "No operator has decided since, and the numbers above are from then." in output
    assert "Next: " not in output
    assert verdict_of(explained.facts).exit_code == 1


def test_a_lease_that_is_renewed_leaves_the_explanation_as_it_is():
    explained = explain_object(stored(), RENEWED.at + 29, RENEWED)
    output = unstyle(text(explained, RENEWED.at + 29))
    assert "Count and reason have not changed since." in output
    assert "MARE018" not in output
    assert verdict_of(explained.facts).exit_code == 0


def test_an_old_decision_without_a_lease_says_that_perhaps_no_operator_leads():
    document = stored()
    decided = seconds_of(document["status"]["lastDecision"]["time"])
    unread = Unread("you need the right to get leases")
    explained = explain_object(document, decided, unread)
    output = unstyle(text(explained, decided + THREE_HOURS))
    assert "Decided 3 h ago. No operator has recorded another decision for 3 h: " in output
    assert "or no operator leads (unknown: you need the right to get leases)." in output
    assert "no operator leads" not in unstyle(text(explained, decided + 30))
