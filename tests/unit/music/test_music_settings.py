"""Which sources there are follows from the environment."""

import pytest

from mare_nameko.settings import SettingsError
from mare_services.music.settings import Settings

KEYS = {"MUSIC_SPOTIFY_CLIENT_ID": "id", "MUSIC_SPOTIFY_CLIENT_SECRET": "s3cret"}


@pytest.mark.parametrize(
    ("environ", "sources"),
    [
        ({}, ("deezer",)),
        (KEYS, ("spotify", "deezer")),
        ({"MUSIC_SOURCES": "auto"} | KEYS, ("spotify", "deezer")),
        ({"MUSIC_SOURCES": "deezer, spotify"} | KEYS, ("deezer", "spotify")),
        ({"MUSIC_SOURCES": "spotify"} | KEYS, ("spotify",)),
        ({"MUSIC_SOURCES": "none"} | KEYS, ()),
    ],
)
def test_live_sources_are_used_in_this_order(environ, sources):
    assert Settings.from_env(environ).live_sources == sources


@pytest.mark.parametrize(
    ("environ", "mistake"),
    [
        ({"MUSIC_SOURCES": "spotify"}, "MUSIC_SPOTIFY_CLIENT_ID is not set"),
        ({"MUSIC_SOURCES": "none,deezer"}, "cannot be combined"),
        ({"MUSIC_SOURCES": "napster"}, "MUSIC_SOURCES='napster'"),
        ({"MUSIC_SPOTIFY_CLIENT_ID": "id"}, "need each other"),
        ({"MUSIC_SPOTIFY_CLIENT_SECRET": "s3cret"}, "need each other"),
        ({"MUSIC_CACHE_SECONDS": "60"}, "MUSIC_CACHE_SECONDS"),
        ({"MUSIC_LIVE_SECONDS": "0"}, "MUSIC_LIVE_SECONDS"),
    ],
)
def test_mistakes_are_named(environ, mistake):
    with pytest.raises(SettingsError, match=mistake) as failure:
        Settings.from_env(environ)

    assert "s3cret" not in str(failure.value)


def test_the_secret_does_not_show():
    assert "s3cret" not in repr(Settings.from_env(KEYS))


def test_the_catalogue_can_be_switched_off():
    assert Settings.from_env({}).embedded
    assert not Settings.from_env({"MUSIC_EMBEDDED": "false"}).embedded
