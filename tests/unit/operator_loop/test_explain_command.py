"""`mare explain` on objects as the operator leaves them, read from files."""

import json

import pytest
from click.testing import CliRunner

from mare.cli import mare
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused
from tests.unit.operator_loop.worlds import World, body, run

NO_WINDOW = {"scaleDown": {"stabilizationWindowSeconds": 0}}


def stored(ready=95, replicas=10, ticks=20, prepare=None, **spec):
    """The object as the API server would have it after a while."""

    async def timeline(world: World) -> None:
        world.workloads.have("worker", replicas)
        world.brokers.ready["worker"] = ready
        if prepare:
            prepare(world)
        world.put(**spec)
        await world.ticks(ticks)

    world = run(timeline)
    document = {"apiVersion": "mare.dev/v1alpha1", "kind": "QueueAutoscaler", **body(**spec)}
    return {**document, "status": world.objects.status()}


def explain(document, *arguments, **environ):
    given = document if isinstance(document, str) else json.dumps(document)
    return CliRunner(env=environ).invoke(mare, ["explain", "-f", "-", *arguments], input=given)


def test_the_text_has_verdict_trace_and_next_changes():
    result = explain(stored())
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "Deployment/worker is on target"
    assert lines[1] == "Kept at 10: 95 messages at 10 per replica need 10 replicas."
    assert [line for line in lines if line.startswith(">")] == [
        "> proposal     10  95 messages at 10 per replica need 10 replicas"
    ]
    assert "Next: scales up at 111 messages." in lines
    assert "Next: scales down at 89 messages or fewer." in lines


MORE = "more needed (TooManyReplicas)"


@pytest.mark.parametrize(
    ("given", "code", "first", "deciding"),
    [
        (
            {"ready": 999, "maxReplicas": 20},
            3,
            f"at maximum, 80 {MORE}",
            "> bounds       20  maxReplicas",
        ),
        ({"ready": 109, "maxReplicas": 10}, 0, "on target", "> tolerance    10  109 %"),
        (
            {"ready": 5, "minReplicas": 3, "behavior": NO_WINDOW},
            3,
            "limited (TooFewReplicas)",
            "> bounds        3  minReplicas is 3",
        ),
        (
            {"ready": 20, "ticks": 3},
            3,
            "limited (ScaleDownStabilized)",
            "> window       10  scale-down below 10",
        ),
        ({"ready": 0, "replicas": 0}, 0, "on target", "> proposal      0  0 messages"),
        ({"paused": "All"}, 3, "limited (Paused)", "> pause        10  spec.paused is All"),
        (
            {"ready": 20, "dryRun": True, "behavior": NO_WINDOW},
            3,
            "limited (DryRun)",
            "> proposal      2  20 messages",
        ),
        ({"ready": 109}, 0, "on target", "> tolerance    10  109 % of the target"),
    ],
)
def test_the_line_that_decided_is_marked(given, code, first, deciding):
    result = explain(stored(**given))
    assert result.exit_code == code, result.output
    assert result.output.splitlines()[0] == f"Deployment/worker is {first}"
    [marked] = [line for line in result.output.splitlines() if line.startswith(">")]
    assert marked.startswith(deciding)


def test_messages_that_were_never_unacknowledged_are_a_hint_without_a_warning():
    document = stored()
    seen = explain(document).output
    condition = {"type": "WorkVisible", "status": "Unknown", "reason": "NeverUnacknowledged"}
    hint = {**condition, "message": "No message was unacknowledged"}
    others = [e for e in document["status"]["conditions"] if e["type"] != "WorkVisible"]
    document["status"]["conditions"] = [*others, hint]
    result = explain(document)
    assert "Hint: No message was unacknowledged." in result.output.splitlines()
    assert result.exit_code == 0
    assert "Warning" not in result.output
    assert "Hint" not in seen


def test_an_unknown_queue_is_explained_with_advice():
    gone = Unknown("QueueNotFound", "queue worker does not exist")
    result = explain(stored(ready=gone))
    assert result.exit_code == 4, result.output
    assert "is unknown (QueuesUnknown)" in result.output
    assert "Warning MARE002 (QueueAutoscaler/worker) queue worker does not exist" in result.output
    assert "  try: declare the queue, or correct its name in spec.queues" in result.output
    assert "  see: docs/explain.md#mare002" in result.output


def test_a_decision_that_cannot_be_carried_out_is_an_error():
    def refused(world):
        world.workloads.errors["worker"] = AccessRefused("may not patch deployments/scale")

    result = explain(stored(ready=999, prepare=refused))
    assert result.exit_code == 1
    assert "unable to scale" in result.output
    assert "Warning MARE011 (Deployment/worker) may not patch" in result.output


def test_an_object_without_a_status_has_no_decision():
    document = {key: value for key, value in stored().items() if key != "status"}
    result = explain(document)
    assert result.exit_code == 4
    assert "No decision yet" in result.output


def test_json_has_the_same():
    document = stored(ready=999, maxReplicas=20)
    explained = json.loads(explain(document, "-o", "json").output)
    assert (explained["verdict"], explained["exitCode"], explained["constraint"]) == (
        "LIMITED",
        3,
        "TooManyReplicas",
    )
    assert explained["replicas"] == {
        "min": 0,
        "max": 20,
        "ready": 10,
        "requested": 20,
        "desired": 20,
        "raw": 100,
    }
    [deciding] = [step for step in explained["trace"] if step["deciding"]]
    assert (deciding["stage"], deciding["replicas"]) == ("bounds", 20)
    assert explained["next"][0]["code"] == "next.raiseMax"
    assert [each["code"] for each in explained["problems"]] == ["MARE021"]


def test_a_read_after_the_decision_is_shown_beside_its_older_numbers():
    document = stored()
    assert "Read " not in explain(document).output
    (queue,) = document["status"]["queues"]
    queue |= {"time": "2026-01-01T00:00:00Z", "ready": 229, "consumers": 0}
    output = explain(document).output
    assert " ago: 229 ready, 0 unacknowledged, 0 consumers.\n" in output


def test_more_replicas_are_no_advice_while_some_do_not_start():
    document = stored(ready=999, maxReplicas=20)
    document["status"]["lastScaleTime"] = "1970-01-01T00:00:00Z"
    explained = json.loads(explain(document, "-o", "json").output)
    assert explained["replicas"]["ready"] < explained["replicas"]["requested"] == 20
    assert [each["code"] for each in explained["problems"]] == ["MARE014"]


def test_the_decision_in_force_at_a_time():
    document = stored(ready=999, maxReplicas=20)
    times = [each["time"] for each in document["status"]["decisions"]]
    result = explain(document, "--at", times[-1])
    assert result.exit_code == 0
    assert "10 → 20 replicas" in result.output
    assert (
        f"Source: its status; the oldest decision in its status is from {times[-1]}."
        in result.output
    )
    early = explain(document, "--at", "1970-01-01T00:00:00Z")
    assert early.exit_code == 4
    assert f"the oldest decision in its status is from {times[-1]}" in early.output
    explained = json.loads(explain(document, "--at", times[-1], "-o", "json").output)
    assert explained["to"] == 20


def test_colours_only_for_a_terminal():
    document = json.dumps(stored())
    arguments = ["explain", "-f", "-"]
    coloured = CliRunner().invoke(mare, arguments, input=document, color=True)
    assert "\x1b[" in coloured.output
    plain = CliRunner(env={"NO_COLOR": "1"}).invoke(mare, arguments, input=document, color=True)
    assert "\x1b[" not in plain.output
    assert "\x1b[" not in explain(document).output


def test_one_of_many_is_found_by_its_name():
    many = {"kind": "List", "items": [stored(), {"kind": "Secret", "metadata": {"name": "x"}}]}
    assert explain(many, "worker").exit_code == 0
    assert explain(many, "-n", "shop").exit_code == 0
    missing = explain(many, "other")
    assert missing.exit_code == 1
    assert "has no QueueAutoscaler other" in missing.output
    both = json.dumps({"items": [stored(), stored()]})
    assert "has more than one" in explain(both).output


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: [", "<stdin>:1:"),
        (
            "kind: QueueAutoscaler\nmetadata: {name: x}\nspec: {maxReplicas: no}",
            "<stdin>:3: spec.maxReplicas",
        ),
        ("just text", "<stdin>:1: the document has to be a mapping"),
        ("", "has no QueueAutoscaler"),
    ],
)
def test_an_invalid_file_is_reported(text, error):
    result = explain(text)
    assert result.exit_code == 1
    assert error in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "other",
    [
        {"lastDecision": {"reason": "SomethingNew"}},
        {"queues": ["worker"]},
        {"estimates": []},
    ],
)
def test_a_status_of_another_version_is_explained(other):
    document = stored()
    document["status"] |= other
    result = explain(document)
    assert result.exit_code == 1
    assert "has a format that this version does not know" in result.output


def test_wrong_usage_is_an_error():
    assert CliRunner().invoke(mare, ["explain"]).exit_code == 1
    assert CliRunner().invoke(mare, ["explain", "x", "--at", "noon"]).exit_code == 1
