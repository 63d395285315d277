"""docs/services.md lists each method. `make check` compares its tables of settings."""

from pathlib import Path

import pytest

from mare_services.jobs.service import JobsService
from mare_services.music.service import MusicService
from mare_services.playlists.service import PlaylistsService
from mare_services.weather.service import WeatherService

PAGE = Path(__file__).parents[3] / "docs/services.md"


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("service", [WeatherService, MusicService, PlaylistsService, JobsService])
def test_every_method_is_documented(page, service):
    methods = [name for name, it in vars(service).items() if hasattr(it, "nameko_entrypoints")]

    assert methods
    for method in methods:
        assert f"`{service.name}.{method}`" in page
