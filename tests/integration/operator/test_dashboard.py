"""The dashboard of running operators."""

from urllib.parse import urlsplit

import requests

from tests.vhost import becomes, eventually


def get(operator, path):
    return requests.get(f"http://127.0.0.1:{operator.dashboard_port}/{path}", timeout=30)


def value_of(operator, path, *keys):
    """Return the JSON, or None: a replica that is no longer the leader answers an error."""
    found = get(operator, path).json()
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def test_it_shows_decisions_and_no_credentials(own_stage, burst):
    burst(95)
    own_stage.workload(replicas=1)
    own_stage.autoscaler()
    own_stage.autoscaler("refused", brokerRef={"secretName": "wrong"})
    own_stage.workload("refused")
    uri = urlsplit(own_stage.broker.amqp_uri)
    wrong = uri._replace(netloc=f"somebody:hunter2@{uri.hostname}:{uri.port}").geturl()
    own_stage.secret({"amqp-uri": wrong}, name="wrong")
    operator = own_stage.operator(POD_NAME="mare-1")
    one = f"api/objects/{own_stage.namespace}/worker"
    eventually(lambda: value_of(operator, one, "changedAt"))
    becomes(lambda: value_of(operator, one, "depth", "value"), 95)
    eventually(lambda: value_of(operator, "api/state", "operator", "errors"))
    becomes(lambda: value_of(operator, one, "replicas", "requested"), 5)
    paths = ("api/state", one, f"{one}/chart", one.replace("worker", "refused"))
    answers = []

    def all_are_shown():
        answers[:] = [get(operator, path) for path in paths]
        return all(each.ok for each in answers)

    eventually(all_are_shown)  # not while a Lease is renewed late
    state, detail = (each.json() for each in answers[:2])
    texts = [each.text for each in answers]

    assert detail["replicas"]["requested"] == 5
    assert detail["depth"]["value"] == 95
    assert detail["decisions"][0]["sentence"]["to"] == 5  # the newest
    assert state["operator"]["leader"] == "mare-1"
    attention = {each["name"]: each["attention"] for each in state["objects"]}
    assert attention["refused"] == "unknown"
    for text in texts:
        assert "hunter2" not in text
        assert uri.password not in text
        assert "://" not in text.replace("http://www.w3.org/", "")


def test_a_standby_replica_names_the_leader(own_stage):
    operators = [own_stage.operator(POD_NAME=name) for name in ("mare-1", "mare-2")]

    def leader_of_both():
        """Return the leader that both name; a replica that is held up loses the Lease."""
        operators.sort(key=lambda each: not each.leads)
        leading, standing_by = operators
        name = value_of(leading, "api/state", "operator", "leader")
        refused = get(standing_by, "api/state")
        problem = refused.json().get("error", {})
        agree = (refused.status_code, problem.get("code")) == (503, "Standby")
        return name if agree and problem["leader"] == name else None

    eventually(leader_of_both)
    leading, standing_by = operators
    name = value_of(standing_by, "api/state", "error", "leader")
    assert get(standing_by, "").ok
    leading.kill()
    eventually(lambda: value_of(standing_by, "api/state", "operator", "leader") not in {None, name})
