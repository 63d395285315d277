"""The embedded climatology."""

from importlib.resources import files

from services.weather.domain.climate import Climatology


def from_package() -> Climatology:
    """Return the climatology that is shipped with this package."""
    asset = files("services.weather") / "data/climatology.bin"
    return Climatology(asset.read_bytes())
