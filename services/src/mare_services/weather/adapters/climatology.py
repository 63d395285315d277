"""The embedded climatology."""

from importlib.resources import files

from mare_services.weather.domain.climate import Climatology


def from_package() -> Climatology:
    asset = files("mare_services.weather") / "data/climatology.bin"
    return Climatology(asset.read_bytes())
