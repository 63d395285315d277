"""The rights of the operator, as the API server reports them: those that it needs, and no others.

Each line of the committed lists is a resource with its allowed verbs. Every other pair of a
resource of the API server and a verb is forbidden.
"""

from pathlib import Path

import pytest

from tests.charts.operator import reviews

LISTS = Path(__file__).parent / "rights"


@pytest.fixture(scope="session")
def anybodys(api_server):
    """What everybody may who has signed in."""
    return reviews.allowed(api_server, "system:serviceaccount:none:nobody", "default")


@pytest.fixture
def rights_of(api_server, anybodys):
    """Ask what a user may, without what everybody may."""

    def rights(user, namespace, name="any", only=()):
        return reviews.allowed(api_server, user, namespace, name, only) - anybodys

    return rights


def committed(name):
    return (LISTS / f"{name}.txt").read_text()


@pytest.fixture
def watched(api_server, namespace):
    name = f"{namespace}-watched"
    api_server.kubectl("create", "namespace", name)
    yield name
    api_server.kubectl("delete", "namespace", name, "--wait=false")


def without_pods(lines):
    return "".join(each for each in lines.splitlines(keepends=True) if not each.startswith("pods"))


@pytest.mark.parametrize("marks", [False, True])
def test_in_the_whole_cluster(bind, rights_of, watched, marks):
    user = bind({"rbac": {"markPods": marks}})

    expected = committed("watched") if marks else without_pods(committed("watched"))
    assert reviews.lines(rights_of(user, watched)) == expected


def test_with_namespaces_the_rights_end_there(bind, rights_of, watched):
    user = bind({"namespaces": [watched]})

    assert reviews.lines(rights_of(user, watched)) == without_pods(committed("watched"))
    assert rights_of(user, "default") == set()


def test_of_leases_it_creates_and_uses_its_own(bind, rights_of, watched, namespace):
    user = bind({"namespaces": [watched]})

    own = rights_of(user, namespace, name="mare-operator")
    assert reviews.lines(own) == committed("home")
    another = rights_of(user, namespace, name="another", only=["leases"])
    assert {each.verb for each in another} == {"create"}


def test_secrets_can_be_named(bind, rights_of, watched):
    user = bind({"namespaces": [watched], "rbac": {"secretNames": ["broker"]}})

    named = rights_of(user, watched, name="broker", only=["secrets"])
    assert named == {reviews.Right("get", "secrets")}
    assert rights_of(user, watched, name="another", only=["secrets"]) == set()


def test_the_list_that_kubectl_gives_is_the_committed_one(api_server, bind, namespace):
    user = bind({"namespaces": [namespace]})

    def listed(whom):
        answer = api_server.kubectl("auth", "can-i", "--list", f"--as={whom}", "-n", namespace)
        return {" ".join(line.split()) for line in answer.splitlines()}

    own = listed(user) - listed("system:serviceaccount:none:nobody")
    expected = without_pods(committed("can-i"))
    assert own == {" ".join(line.split()) for line in expected.splitlines()}
