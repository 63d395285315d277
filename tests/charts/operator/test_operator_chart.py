"""Objects that the chart of the operator renders."""

import pytest

from tests.charts import environment
from tests.charts.helm import Refused
from tests.charts.operator.conftest import CHART


@pytest.mark.parametrize(
    "values",
    [
        {"unknown": 1},
        {"settings": {"tickSeconds": 5}},
        {"dashboard": {"prefix": "mare"}},
        {"image": {"digest": "sha256:short"}},
        {"networkPolicy": {"brokerPorts": [0]}},
        {"replicas": -1},
        {"fullnameOverride": "MyBroker"},
        {"nameOverride": "MyBroker"},
    ],
    ids=str,
)
def test_invalid_values_are_refused(helm, values):
    with pytest.raises(Refused, match=next(iter(values))):
        helm.template(CHART, values)


def test_a_namespace_may_be_the_releases_own(helm):
    manifests = helm.template(CHART, {"namespaces": ["{{ .Release.Namespace }}"]})

    assert {each["metadata"]["namespace"] for each in manifests.all("Role")} == {"market"}
    (container,) = environment.containers(manifests.one("Deployment"))
    assert environment.variables(container)["MARE_NAMESPACES"] == "market"


def test_a_namespace_that_is_named_twice_gets_one_role(helm):
    twice = ["market", "{{ .Release.Namespace }}", "shop"]
    rendered = helm.template(CHART, {"namespaces": twice, "rbac": {"secretNames": ["a", "a"]}})

    for kind in ("Role", "RoleBinding"):
        objects = [
            (each["metadata"]["namespace"], each["metadata"]["name"]) for each in rendered.all(kind)
        ]
        assert len(objects) == len(set(objects)) == 3
    (container,) = environment.containers(rendered.one("Deployment"))
    assert environment.variables(container)["MARE_NAMESPACES"] == "market,shop"


def test_with_namespaces_nothing_belongs_to_the_cluster(helm):
    rendered = helm.template(CHART, {"namespaces": ["shop"]})

    assert not [each["kind"] for each in rendered if "namespace" not in each["metadata"]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"-jobs-templates"}),
        ({"rbac": {"jobs": True}}, {"-jobs", "-jobs-templates"}),
        ({"rbac": {"jobs": True}, "namespaces": ["shop"]}, {"-jobs", "-jobs-templates"}),
        ({"rbac": {"jobs": True, "jobPolicy": False}}, set()),
        ({"rbac": {"jobPolicy": False}}, set()),
    ],
)
def test_job_templates_are_checked_before_the_operator_may_create_jobs(helm, values, expected):
    rendered = helm.template(CHART, values)
    for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        names = {each["metadata"]["name"] for each in rendered.all(kind)}
        assert {e[e.index("-jobs") :] for e in names if "-jobs" in e} == expected


def test_the_right_to_patch_pods_comes_with_a_policy(helm):
    def policies(values):
        rendered = helm.template(CHART, values).all("ValidatingAdmissionPolicy")
        return sum(each["metadata"]["name"].endswith("-pods") for each in rendered)

    assert policies({}) == 0
    assert policies({"rbac": {"markPods": True}}) == 1
    assert policies({"rbac": {"markPods": True}, "namespaces": ["shop"]}) == 1
    assert policies({"rbac": {"markPods": True, "create": False}}) == 1
    assert policies({"rbac": {"markPods": True, "podPolicy": False}, "namespaces": ["shop"]}) == 0


@pytest.mark.parametrize("namespaces", [[], ["shop"]])
@pytest.mark.parametrize(
    ("rbac", "expected"),
    [
        ({}, []),
        ({"markPods": True}, ["list", "watch", "patch"]),
        ({"markPods": True, "podPolicy": False}, ["list", "watch"]),
        (
            {"markPods": True, "podPolicy": False, "podPolicyExists": True},
            ["list", "watch", "patch"],
        ),
        ({"podPolicyExists": True}, []),
    ],
)
def test_pods_are_patched_only_where_the_policy_stands(helm, rbac, expected, namespaces):
    rendered = helm.template(CHART, {"rbac": rbac, "namespaces": namespaces})

    rules = [r for kind in ("ClusterRole", "Role") for e in rendered.all(kind) for r in e["rules"]]
    assert [verb for r in rules if "pods" in r["resources"] for verb in r["verbs"]] == expected
    (container,) = environment.containers(rendered.one("Deployment"))
    marks = environment.variables(container)["MARE_MARK_PODS"]
    assert marks == str("patch" in expected).lower()


@pytest.mark.parametrize(
    ("values", "actions"),
    [
        ({}, {"Warn"}),
        ({"conflictPolicy": "Deny"}, {"Deny"}),
        ({"conflictPolicy": "Off"}, set()),
        ({"namespaces": ["shop"]}, set()),
        ({"namespaces": ["shop"], "conflictPolicy": "Warn"}, {"Warn"}),
    ],
)
def test_the_policy_on_second_autoscalers_can_be_chosen(helm, values, actions):
    values = {**values, "rbac": {"jobPolicy": False}}
    bindings = helm.template(CHART, values).all("ValidatingAdmissionPolicyBinding")
    assert {each for one in bindings for each in one["spec"]["validationActions"]} == actions


def test_the_role_edit_includes_autoscalers(helm):
    roles = {
        each["metadata"]["name"]: each["metadata"]["labels"]
        for each in helm.template(CHART).all("ClusterRole")
    }

    assert roles["market.shop-operator-view"]["rbac.authorization.k8s.io/aggregate-to-view"]
    assert "rbac.authorization.k8s.io/aggregate-to-view" not in roles["market.shop-operator-edit"]


@pytest.mark.parametrize(
    ("peers", "host", "names"),
    [([], "127.0.0.1", ["metrics"]), ([{"podSelector": {}}], "::", ["metrics", "dashboard"])],
)
def test_the_dashboard_is_reachable_from_the_named_peers_alone(helm, peers, host, names):
    rendered = helm.template(CHART, {"networkPolicy": {"dashboardFrom": peers}})

    policy = rendered.one("NetworkPolicy", "shop-operator")["spec"]["ingress"]
    (container,) = environment.containers(rendered.one("Deployment"))
    assert [port["port"] for rule in policy for port in rule["ports"]] == names
    assert [port["name"] for port in rendered.one("Service")["spec"]["ports"]] == names
    assert environment.variables(container)["MARE_DASHBOARD_HOST"] == host


def test_the_notes_show_how_to_open_the_dashboard_of_the_leader(helm):
    notes = helm.notes(CHART)

    assert "leader=$(kubectl get lease -n market shop-operator" in notes
    assert 'kubectl port-forward -n market "pod/${leader%-*}" 8081' in notes
    assert "management-uri" in notes
    assert "Warning" not in notes
    assert "Set replicas to 2" in helm.notes(CHART, {"replicas": 1})


def test_the_notes_warn_of_rights_without_a_limit(helm):
    every, refused = "may read every Secret", "does not grant the right to patch Pods"
    named = {"rbac": {"secretNames": ["broker"]}}
    marks = {"rbac": {"markPods": True}}
    no_policy = {"rbac": {"markPods": True, "podPolicy": False}}

    for values in ({}, {"namespaces": ["shop"]}):
        assert every in helm.notes(CHART, values)
        assert every not in helm.notes(CHART, {**values, **named})
        assert refused not in helm.notes(CHART, {**values, **marks})
        notes = helm.notes(CHART, {**values, **no_policy})
        assert refused in notes
        assert "Until then a scale-down can remove busy Pods" in notes


def test_the_notes_describe_no_right_that_the_chart_does_not_grant(helm):
    granted, policy = ("may read every Secret", "rbac.markPods is false"), "set rbac.markPods"
    own = {"rbac": {"create": False}}

    assert all(each in helm.notes(CHART) for each in granted)
    notes = helm.notes(CHART, own)
    assert not any(each in notes for each in granted)
    assert "the ServiceAccount\nshop-operator, and name the Secrets that it may get" in notes
    assert policy in notes
    assert policy not in helm.notes(CHART, {"rbac": {"create": False, "markPods": True}})


def test_a_new_version_of_the_chart_alone_restarts_nothing(helm):
    deployment = helm.template(CHART).one("Deployment")

    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(labels)


def test_helm_test_may_read_the_metrics(helm):
    prometheus = {"podSelector": {"matchLabels": {"app": "prometheus"}}}

    manifests = helm.template(CHART, {"networkPolicy": {"metricsFrom": [prometheus]}})

    metrics = manifests.one("NetworkPolicy", "shop-operator")["spec"]["ingress"][0]
    test = manifests.one("Pod")["metadata"]["labels"]
    assert metrics["from"][0] == prometheus
    assert metrics["from"][1]["podSelector"]["matchLabels"].items() <= test.items()


def test_labels_by_which_pods_are_selected_cannot_be_changed(helm):
    with pytest.raises(Refused, match=r"invalid propertyName .app\.kubernetes\.io/component"):
        helm.template(CHART, {"podLabels": {"app.kubernetes.io/component": "x"}})


def test_what_updates_the_definition_is_deleted_afterwards(helm):
    rendered = [
        (each["kind"], each["metadata"].get("annotations", {})) for each in helm.template(CHART)
    ]
    hooks = [(kind, it) for kind, it in rendered if "pre-upgrade" in it.get("helm.sh/hook", "")]

    assert {"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Job"} <= dict(hooks).keys()
    assert all("hook-succeeded" in it["helm.sh/hook-delete-policy"] for _, it in hooks)


def test_the_operator_has_no_privileges_on_its_node(helm):
    pod = helm.template(CHART).one("Deployment")["spec"]["template"]["spec"]

    (container,) = pod["containers"]
    assert pod["securityContext"].items() >= {"runAsUser": 65532, "runAsNonRoot": True}.items()
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_shards_are_given_to_the_operator_and_need_no_other_right(helm):
    plain, sharded = (helm.template(CHART, {"shards": shards, "replicas": 3}) for shards in (1, 3))

    for rendered, shards in ((plain, "1"), (sharded, "3")):
        (container,) = environment.containers(rendered.one("Deployment"))
        assert environment.variables(container)["MARE_SHARDS"] == shards
    assert sharded.one("Role") == plain.one("Role")
    with pytest.raises(Refused, match="shards"):
        helm.template(CHART, {"shards": 0})


def test_the_notes_lead_to_any_replica_with_shards_and_warn_of_too_few(helm):
    notes = helm.notes(CHART, {"shards": 3, "replicas": 3})

    assert "kubectl port-forward -n market deploy/shop-operator 8081" in notes
    assert "kubectl get lease" not in notes
    assert "replicas lead" not in notes
    notes = helm.notes(CHART, {"shards": 3, "replicas": 2})
    assert "2 replicas lead 3 shards: some lead more than one. Set replicas to 3 at least." in notes
