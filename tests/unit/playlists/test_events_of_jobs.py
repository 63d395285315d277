"""Which events a worker publishes for a job: those that say something before the result does."""

import eventlet
import pytest

from mare_nameko.service import CallTimedOut
from mare_services.contract.errors import PlaceNotFound
from mare_services.playlists import service as module
from tests.fakes.peers import CLEAR, RECIFE, Music

JOB = {"job_id": "1", "attempt": 1, "request": {"city": "Recife"}}
REPORT = {"place": RECIFE, "weather": CLEAR, "attribution": ["places", "weather"]}


class Peers:
    """Weather and music, each of which waits before it answers."""

    def __init__(self):
        self.before_weather = self.before_music = lambda: None

    def observe(self, _):
        self.before_weather()
        return REPORT

    def compose(self, request):
        self.before_music()
        return Music().compose(request)


@pytest.fixture
def peers():
    return Peers()


@pytest.fixture
def service(peers, monkeypatch):
    monkeypatch.setattr(module, "START_SECONDS", 0.001)
    monkeypatch.setattr(module, "WEATHER_SECONDS", 0.001)
    service = module.PlaylistsService()
    service.published = []
    service.dispatch = lambda kind, event: service.published.append((kind, event))
    service.weather = service.music = peers
    service.resources = type("Resources", (), {"settings": module.Settings()})()
    return service


def kinds(service):
    return [kind for kind, _ in service.published]


def until(service, kind):
    """Return a function that waits until an event of a type is published."""

    def wait():
        with eventlet.Timeout(60):
            while kind not in kinds(service):
                eventlet.sleep(0.001)

    return wait


def fail():
    raise CallTimedOut("No answer.")


def test_of_work_that_is_done_at_once_only_the_result_is_published(service):
    service.compose(JOB)
    eventlet.sleep(0.01)

    [(kind, event)] = service.published
    assert kind == "playlist_composed"
    assert event["report"]["place"]["name"] == event["suggestion"]["place"]["name"] == "Recife"


def test_slow_work_is_reported_as_begun_and_its_weather_before_its_playlist(service, peers):
    peers.before_weather = until(service, "job_started")
    peers.before_music = until(service, "weather_observed")

    service.compose(JOB)

    assert kinds(service) == ["job_started", "weather_observed", "playlist_composed"]
    assert service.published[0][1] == {"job_id": "1", "attempt": 1}
    assert service.published[1][1]["report"] == service.published[2][1]["report"]


def test_a_client_that_wants_to_know_is_told_of_the_start_at_once(service):
    service.compose({**JOB, "reports_start": True})

    assert kinds(service) == ["job_started", "playlist_composed"]


def test_work_that_fails_and_begins_again_later_is_reported_as_begun(service, peers):
    peers.before_weather = fail

    with pytest.raises(CallTimedOut):
        service.compose(JOB)

    assert kinds(service) == ["job_started"]


def test_the_weather_is_published_if_the_music_fails(service, peers):
    peers.before_music = fail

    with pytest.raises(CallTimedOut):
        service.compose(JOB)

    assert kinds(service) == ["weather_observed"]


def test_work_that_cannot_succeed_is_reported_as_failed_only(service, peers):
    def refuse():
        raise PlaceNotFound("No place has this name.")

    peers.before_weather = refuse

    service.compose(JOB)
    eventlet.sleep(0.01)

    failure = {"type": "PlaceNotFound", "detail": "No place has this name."}
    event = {"job_id": "1", "attempt": 1, "failure": failure}
    assert service.published == [("playlist_failed", event)]


def test_a_start_that_cannot_be_published_does_not_end_the_work(service, peers, caplog):
    def dispatch(kind, event):
        if kind == "job_started":
            refused.append(kind)
            raise OSError("secret")
        service.published.append((kind, event))

    def wait():
        with eventlet.Timeout(60):
            while not refused:
                eventlet.sleep(0.001)

    refused = []
    service.dispatch, peers.before_weather = dispatch, wait

    service.compose(JOB)

    assert kinds(service) == ["playlist_composed"]
    assert caplog.messages == ["An event of a job cannot be published: OSError"]
