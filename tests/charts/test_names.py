"""Names: no two releases of one namespace, and no two objects of one release, share one."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.charts.full_values import FULL
from tests.charts.helm import CHARTS
from tests.charts.playlists.conftest import chart  # noqa: F401 - a fixture

LONG = "a" * 40
RELEASES = [
    *("shop", "operator", "rabbitmq", "playlists", "gateway", "valkey"),
    *("my-operator", "my-rabbitmq", "rabbitmq-operator-demo", "operator-rabbitmq"),
    *("shop-operator", "shop-rabbitmq", "shop-gateway", "shop-playlists"),
    *(f"{LONG}{'b' * 13}", f"{LONG}{'c' * 13}", f"{LONG}-operator", f"{LONG}-rabbitmq"),
    *("v1.2", "v1-2", f"{LONG}."[:41] + "x"),
]
SIMILAR = ["operator", "rabbitmq", "my-operator", "shop-operator", "shop-rabbitmq", RELEASES[-7]]
SUBCHARTS = ("operator", "rabbitmq")
LONGEST = {"Service": 63, "Job": 63, "StatefulSet": 52, "Deployment": 52, "Pod": 63}
"""Labels of Pods hold names of their owners: a hash of 11 characters more in a StatefulSet."""


YEAR = "2024"
_PODS = {"priorityClassName": YEAR, "imagePullSecrets": [{"name": YEAR}]}
DIGITS = {
    **_PODS,
    "valkey": {"existingSecret": YEAR, "persistence": {"storageClassName": YEAR}},
    "postgresql": {"existingSecret": YEAR, "persistence": {"storageClassName": YEAR}},
    "webhooks": {"existingSecret": YEAR},
    "gateway": {"ingress": {"className": YEAR}},
    "rabbitmq": {
        **_PODS,
        "nameOverride": YEAR,
        "auth": {"existingSecret": YEAR},
        "tls": {"existingSecret": YEAR, "certManager": {"enabled": False}, "clientSecret": YEAR},
        "persistence": {"storageClass": YEAR},
        "serviceAccount": {"create": False, "name": YEAR, "jobName": YEAR},
        "definitions": {"existingSecret": YEAR},
        "ingress": {"enabled": True, "host": "a.example", "className": YEAR, "tlsSecret": YEAR},
        "networkPolicy": {
            "managementFrom": [{"podSelector": {}}],
            "operators": [{"namespace": YEAR, "instance": YEAR}],
        },
    },
    "operator": {
        **_PODS,
        "nameOverride": YEAR,
        "namespaces": ["{{ .Release.Namespace }}", YEAR, "other"],
        "leaseName": YEAR,
        "serviceAccount": {"create": False, "name": YEAR},
        "rbac": {"secretNames": [YEAR]},
    },
}
"""Every name that a person may choose."""
OF_CLUSTER_OPERATOR = {
    "clusterOperator": {"enabled": True},
    "fullnameOverride": "broker",
    "users": {YEAR: {"connection": ["amqp"]}},
    "tls": {"enabled": True, "clients": "optional", "certManager": {"enabled": True}},
}
"""The modes of charts/rabbitmq that the names above leave out: cert-manager, Cluster Operator."""
TEXTS = {"labels", "annotations", "matchLabels", "selector", "resourceNames", "env"}
"""Of fields: all that is in them is text."""


@pytest.fixture(scope="module")
def objects(helm, chart):  # noqa: F811
    """Kind, namespace and name of the objects of each release of each chart in one namespace."""
    values = {CHARTS / name: {**FULL[name], "global": FULL["global"]} for name in SUBCHARTS}
    wanted = [(chart, FULL, release) for release in RELEASES]
    wanted += [(path, own, release) for path, own in values.items() for release in SIMILAR]
    with ThreadPoolExecutor(4) as pool:
        rendered = pool.map(lambda each: helm.template(each[0], each[1], name=each[2]), wanted)
        return {
            (path.name, release): _identities(manifests)
            for (path, _, release), manifests in zip(wanted, rendered, strict=True)
        }


def _identities(rendered):
    return [
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
        for each in rendered
    ]


def test_no_release_has_two_objects_of_one_name(objects):
    for identities in objects.values():
        assert [each for each, count in Counter(identities).items() if count > 1] == []


def test_no_two_releases_of_a_namespace_share_an_object(objects):
    """Helm itself refuses two releases of one name, whatever their charts are."""
    seen = {}
    for (name, release), identities in objects.items():
        for identity in identities:
            seen.setdefault(identity, set()).add((name, release))
    shared = {
        identity: owners
        for identity, owners in seen.items()
        if len({release for _, release in owners}) > 1
    }
    assert shared == {}


def test_names_are_valid_and_leave_room_for_what_kubernetes_adds(objects):
    for identities in objects.values():
        for kind, _, name in identities:
            assert len(name) <= LONGEST.get(kind, 253), (kind, name)
            if kind in LONGEST:
                assert "." not in name


def test_the_end_of_a_long_name_stays(objects):
    for release in (f"{LONG}{'b' * 13}", f"{LONG}-operator"):
        names = {name for kind, _, name in objects["playlists", release] if kind == "Deployment"}
        for end in ("-gateway", "-weather", "-operator"):
            assert sum(name.endswith(end) for name in names) == 1


def test_objects_of_the_cluster_differ_between_namespaces(helm):
    """Of the release a-b in the namespace c, and of b in c-a, for example."""
    pairs = [("x-shop", "team"), ("shop", "team-x")]
    first, second = (
        {
            (each["kind"], each["metadata"]["name"])
            for each in helm.template(CHARTS / "operator", {}, name=release, namespace=namespace)
            if "namespace" not in each["metadata"]
        }
        for release, namespace in pairs
    )
    assert first
    assert second
    assert not first & second


def test_names_of_digits_stay_texts(helm, chart):  # noqa: F811
    """YAML reads an unquoted 2024 as a number, which the API server refuses."""
    rendered = helm.template(chart, _merged(FULL, DIGITS), name=YEAR, namespace=YEAR)
    operator = helm.template(CHARTS / "operator", DIGITS["operator"], name=YEAR)
    values = _merged(_merged(FULL["rabbitmq"], DIGITS["rabbitmq"]), OF_CLUSTER_OPERATOR)
    broker = helm.template(CHARTS / "rabbitmq", values, name=YEAR)
    assert {"Certificate", "RabbitmqCluster"} <= {each["kind"] for each in broker}

    for each in [*rendered, *operator, *broker]:
        assert list(_numbers(each)) == [], each["metadata"]


def _numbers(value, within=""):
    """Numbers in labels, in variables and in fields that hold a name."""
    if isinstance(value, int | float):
        name = within.lower().endswith(("name", "namespace"))
        if name or within in TEXTS:
            yield within, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _numbers(each, within if within in TEXTS else key)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(each, within)


def _merged(values, more):
    both = {**values, **more}
    return {
        key: _merged(values[key], each) if key in values and isinstance(each, dict) else each
        for key, each in both.items()
    }
