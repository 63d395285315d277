"""The stores of the chart: Valkey and PostgreSQL."""

import pytest

from tests.charts.playlists.conftest import ALONE


@pytest.mark.parametrize(("limit", "kept"), [("128Mi", "96mb"), ("1Gi", "768mb")])
def test_valkey_takes_three_quarters_of_its_memory(helm, chart, limit, kept):
    valkey = {"enabled": True, "resources": {"limits": {"memory": limit}}}

    manifests = helm.template(chart, {**ALONE, "valkey": valkey})

    assert f"maxmemory {kept}\n" in manifests.one("ConfigMap", "shop-valkey")["data"]["valkey.conf"]


@pytest.mark.parametrize("store", ["valkey", "postgresql"])
def test_the_user_of_a_store_can_be_left_to_the_cluster(helm, chart, store):
    own = {store: {"enabled": True, "userId": None}}
    context = {"runAsUser": None, "runAsGroup": None, "fsGroup": None}

    manifests = helm.template(chart, {**ALONE, **own, "podSecurityContext": context})

    pod = manifests.one("StatefulSet", f"shop-{store}")["spec"]["template"]["spec"]
    assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(pod["securityContext"])
    assert pod["securityContext"]["runAsNonRoot"]


@pytest.mark.parametrize("store", ["valkey", "postgresql"])
def test_volumes_can_have_no_class(helm, chart, store):
    def volume(**persistence):
        values = {**ALONE, store: {"enabled": True, "persistence": persistence}}
        stateful = helm.template(chart, values).one("StatefulSet", f"shop-{store}")
        (claim,) = stateful["spec"]["volumeClaimTemplates"]
        return claim["spec"]

    assert "storageClassName" not in volume()
    assert volume(storageClassName="")["storageClassName"] == ""
    assert volume(storageClassName="fast")["storageClassName"] == "fast"
