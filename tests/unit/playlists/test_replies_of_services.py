"""Replies of the called services that playlists cannot read."""

from types import SimpleNamespace

import pytest

from mare_nameko.service import BadReply
from mare_services.contract.errors import InvalidRequest, SourceFailed
from mare_services.contract.music import Mood, MusicRequest
from mare_services.contract.places import PlaceQuery
from mare_services.playlists.service import PlaylistsService

CALLS = {
    "weather": lambda service: service._observe(PlaceQuery(city="Recife")),
    "music": lambda service: service._compose(MusicRequest(mood=Mood.POP, market="BR")),
}


def service_with(peer, answer):
    service = PlaylistsService()
    setattr(service, peer, SimpleNamespace(observe=answer, compose=answer))
    return service


def raises(error):
    def answer(_):
        raise error

    return answer


@pytest.mark.parametrize("peer", CALLS)
@pytest.mark.parametrize("answer", [lambda _: {"place": 1}, raises(BadReply("NaN is no number"))])
def test_a_reply_that_cannot_be_read_is_a_failure_of_the_source(peer, answer):
    with pytest.raises(SourceFailed, match=f"The reply of {peer} has an unknown format: "):
        CALLS[peer](service_with(peer, answer))


@pytest.mark.parametrize("peer", CALLS)
def test_an_error_of_the_called_service_is_passed_on(peer):
    with pytest.raises(InvalidRequest, match="lat is wrong"):
        CALLS[peer](service_with(peer, raises(InvalidRequest("lat is wrong"))))
