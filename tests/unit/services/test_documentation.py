"""What a user may set and call stands in docs/services.md."""

import dataclasses
from pathlib import Path

import pytest

from mare_services.music.service import MusicService
from mare_services.music.settings import Settings as MusicSettings
from mare_services.playlists.service import PlaylistsService
from mare_services.playlists.settings import Settings as PlaylistsSettings
from mare_services.weather.service import WeatherService
from mare_services.weather.settings import Settings as WeatherSettings

PAGE = Path(__file__).parents[3] / "docs/services.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "prefix"),
    [(WeatherSettings, "WEATHER_"), (MusicSettings, "MUSIC_"), (PlaylistsSettings, "PLAYLISTS_")],
)
def test_every_setting_is_explained_with_its_default(page, settings, prefix):
    for field in dataclasses.fields(settings):
        [row] = [
            line
            for line in page.splitlines()
            if f"| `{prefix}{field.name.upper()}`" in line
            or f", `{prefix}{field.name.upper()}` |" in line
        ]
        assert written(field.default) in row


def written(default):
    """Return a default as the page shows it."""
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, str):
        return str(default)
    return f"{default:,g}"


@pytest.mark.parametrize("service", [WeatherService, MusicService, PlaylistsService])
def test_every_method_is_explained(page, service):
    methods = [name for name, it in vars(service).items() if hasattr(it, "nameko_entrypoints")]

    assert methods
    for method in methods:
        assert f"| `{service.name}.{method}` |" in page
