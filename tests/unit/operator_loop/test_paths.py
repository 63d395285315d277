"""Which names can become part of an API path."""

import re
from urllib.parse import unquote

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from mare.cluster.objects import StoredSecrets
from mare.cluster.paths import Resource, discovery_path
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.ports import InvalidName, Scale

SCALE = Scale(replicas=1, version="1", ready=1, selector="a=b")
DEPLOYMENTS = Resource("apps/v1", "deployments")
HOSTILE = [
    *("", ".", "..", "/", "../../kube-system/deployments/coredns", "a/b", "a/../b", "a..b"),
    *("a?watch=true", "a#b", "%2e%2e", "a%2fb", "a%00", "a b", "a\n", "\na", "a\x00", "a\\b"),
    *("wörker", "aа", "Ａ", "A", "-a", "a-", ".a", "a.", "a_b", "a:b", "a;b", "*", "x" * 254),
]


def test_paths_of_collections_objects_and_subresources():
    assert DEPLOYMENTS.path().text == "/apis/apps/v1/deployments"
    assert DEPLOYMENTS.path("shop").text == "/apis/apps/v1/namespaces/shop/deployments"
    path = DEPLOYMENTS.path("shop", "worker.v1", "scale").text
    assert path == "/apis/apps/v1/namespaces/shop/deployments/worker.v1/scale"
    assert Resource("v1", "pods").path("shop", "a").text == "/api/v1/namespaces/shop/pods/a"
    assert discovery_path("argoproj.io/v1alpha1").text == "/apis/argoproj.io/v1alpha1"
    assert discovery_path("v1").text == "/api/v1"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_part_of_a_path_can_be_hostile(text: str):
    for make in (
        lambda: DEPLOYMENTS.path(text),
        lambda: DEPLOYMENTS.path("shop", text),
        lambda: DEPLOYMENTS.path("shop", "worker", text),
        lambda: Resource("apps/v1", text).path("shop"),
        lambda: discovery_path(f"{text}/"),
        lambda: discovery_path(f"{text}/v1"),
        lambda: discovery_path(f"apps/{text}"),
    ):
        with pytest.raises(InvalidName):
            make()


@pytest.mark.parametrize("text", ["x" * 64, "a.b"])
def test_a_namespace_and_a_resource_are_labels(text: str):
    if len(text) > 63:
        with pytest.raises(InvalidName, match="namespace"):
            DEPLOYMENTS.path(text)
    with pytest.raises(InvalidName, match="resource"):
        Resource("apps/v1", text).path("shop")


def test_an_error_shows_the_name_in_ascii_and_not_all_of_a_long_one():
    with pytest.raises(InvalidName) as refused:
        DEPLOYMENTS.path("shop", "ä" * 5_000)
    assert len(str(refused.value)) < 600
    assert str(refused.value).isascii()


_TEXTS = st.text(max_size=300) | st.text("./%?#\\a-e2F", max_size=12)


@given(version=_TEXTS, plural=_TEXTS, namespace=_TEXTS, name=_TEXTS)
def test_what_is_built_is_requested_as_it_is_built(version, plural, namespace, name):
    try:
        path = Resource(version, plural).path(namespace, name, "scale").text
    except InvalidName:
        return
    assert URL(f"https://cluster{path}").raw_path == unquote(path) == path
    root = rf"/apis/{re.escape(version)}" if "/" in version else rf"/api/{re.escape(version)}"
    assert re.fullmatch(rf"{root}/namespaces/[^/]+/[^/]+/[^/]+/scale", path)


async def test_no_request_is_sent_for_a_hostile_object(served):
    names = [{"name": each, "kind": "Deployment"} for each in ("deployments", "deployments/scale")]
    apps = {"resources": names}

    async with served(lambda _: web.json_response(apps)) as (api, requests):
        workloads = WatchedWorkloads(api, cluster_wide=False)
        for api_version, name in [
            ("apps/../apps/v1", "worker"),
            ("apps/v1", "../../kube-system/deployments/coredns"),
        ]:
            target = ScaleTarget("shop", api_version, "Deployment", name)
            assert workloads.get(target).reason == "InvalidName"
            with pytest.raises(InvalidName):
                await workloads.scale(target, SCALE, 0)
        secrets = StoredSecrets(api, require_label=True)
        with pytest.raises(InvalidName):
            await secrets.read("shop", "../../victim/secrets/rabbitmq")

    assert requests == ["GET /apis/apps/v1"]


async def test_a_resource_that_discovery_names_is_not_trusted(served):
    resources = [{"name": each, "kind": "Fleet"} for each in ("..%2fpods", "..%2fpods/scale")]
    async with served(lambda _: web.json_response({"resources": resources})) as (api, requests):
        target = ScaleTarget("shop", "example.test/v1", "Fleet", "a")
        with pytest.raises(InvalidName):
            await WatchedWorkloads(api, cluster_wide=False).scale(target, SCALE, 0)

    assert requests == ["GET /apis/example.test/v1"]
