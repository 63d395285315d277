"""The application responds after `helm install`."""

import itertools

from tests.e2e.application import Application
from tests.vhost import becomes, eventually


def test_a_city_gets_a_playlist_through_the_ingress(application: Application):
    response = application.get("/v1/playlists", city="Recife")

    assert response.status_code == 200
    answer = response.json()
    assert answer["place"]["name"] == "Recife"
    assert answer["playlist"]["tracks"]
    # The namespace admits only restricted Pods; this shows that none was rejected.
    assert "violates PodSecurity" not in application.kubectl("get", "events")

    numbers = itertools.count()

    def source() -> str:
        # A new seed for each request: a response from a fallback source is cached.
        response = application.get("/v1/playlists", city="Recife", seed=str(next(numbers))).json()
        return response.get("weather", {}).get("source", "")

    becomes(source, "open-meteo", 120)


def test_the_release_tests_itself(application: Application):
    application.cluster.helm(
        "test", application.release, "--namespace", application.namespace, "--timeout=3m"
    )


def test_autoscalers_report_their_status(application: Application):
    assert "mare-weather" in application.kubectl("get", "qa")
    eventually(lambda: application.status("mare-weather").get("currentReplicas", 0) >= 1, 120)
