"""A name that leads a request elsewhere is refused at `kubectl apply`."""

from typing import Any

import pytest

from tests.integration.operator_crd.apiserver import DryRun, Refused
from tests.integration.operator_crd.specs import Spec, spec

_WORKLOAD = "spec.scaleTargetRef"
_KEYS = "spec.brokerRef.keys"
MESSAGES = {
    f"{_WORKLOAD}.apiVersion": (
        "apiVersion has to be a group and a version such as apps/v1; "
        "copy it from the workload's manifest"
    ),
    f"{_WORKLOAD}.kind": (
        "kind has to consist of letters, digits and -; copy it from the workload's manifest"
    ),
    f"{_WORKLOAD}.name": (
        "name has to consist of lower-case letters, digits, - and .; "
        "write it as kubectl get shows it"
    ),
    "spec.brokerRef.secretName": (
        "secretName has to consist of lower-case letters, digits, - and .; "
        "write it as kubectl get secrets shows it"
    ),
    **{
        f"{_KEYS}.{part}": (
            f"{part} has to name a key that is no credential, for its value is shown in the status;"
            f" call it {part} or similar"
        )
        for part in ("host", "vhost")
    },
}
NO_NAMES = [
    "../../kube-system/deployments/coredns",
    "..",
    ".",
    "worker/scale",
    "worker?dryRun=All",
    "worker#",
    "%2e%2e",
    "worker%2Fscale",
    "worker\n",
    "wörker",
    "Worker",
    "-worker",
    "worker.",
    "a..b",
]


def _named(field: str, value: str) -> Spec:
    owner, *path = field.split(".")[1:]
    fields: dict[str, Any] = {"scaleTargetRef": {"name": "worker"}}.get(owner, {"secretName": "a"})
    *groups, name = path
    named: dict[str, Any] = {name: value}
    for group in reversed(groups):
        named = {group: named}
    return spec(**{owner: {**fields, **named}})


@pytest.mark.parametrize("field", [f"{_WORKLOAD}.name", "spec.brokerRef.secretName"])
@pytest.mark.parametrize("value", NO_NAMES)
def test_a_name_that_is_no_dns_name_is_refused(dry_run: DryRun, field: str, value: str) -> None:
    _assert_refused(dry_run, field, value)


@pytest.mark.parametrize(
    "value",
    [
        *("apps/../apps/v1", "../v1", "apps/v1/..", "apps/v1/namespaces/a", "/v1", "apps/", "v1/"),
        *("apps/v1?watch=true", "apps%2Fv1", "apps/V1", "äpps/v1", "apps/v1\n", "apps/1"),
    ],
)
def test_a_version_that_is_no_group_and_version_is_refused(dry_run: DryRun, value: str) -> None:
    _assert_refused(dry_run, f"{_WORKLOAD}.apiVersion", value)


@pytest.mark.parametrize("value", ["../Deployment", "Deployment/scale", "De ploy", "1st", "a\n"])
def test_a_kind_that_is_no_kind_is_refused(dry_run: DryRun, value: str) -> None:
    _assert_refused(dry_run, f"{_WORKLOAD}.kind", value)


@pytest.mark.parametrize(
    ("part", "key"), [("host", "password"), ("vhost", "password"), ("vhost", "VHOST_PASS")]
)
def test_a_key_of_a_credential_names_no_part_that_is_shown(
    dry_run: DryRun, part: str, key: str
) -> None:
    _assert_refused(dry_run, f"{_KEYS}.{part}", key)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (f"{_WORKLOAD}.apiVersion", "v1"),
        (f"{_WORKLOAD}.apiVersion", "argoproj.io/v1alpha1"),
        (f"{_WORKLOAD}.kind", "StatefulSet"),
        (f"{_WORKLOAD}.name", "0-worker.v2"),
        ("spec.brokerRef.secretName", "rabbitmq.shop-1"),
    ],
)
def test_names_that_kubernetes_accepts_are_good(dry_run: DryRun, field: str, value: str) -> None:
    stored = dry_run.create(_named(field, value))
    _, owner, name = field.split(".")
    assert stored[owner][name] == value


def _assert_refused(dry_run: DryRun, field: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        dry_run.create(_named(field, value))
    (cause,) = refused.value.causes
    assert cause.field == field
    assert cause.message.endswith(f": {MESSAGES[field]}")
