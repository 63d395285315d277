"""The four numbers a mood is made of, and the contributions that add up to them."""

from dataclasses import dataclass

from mare_services.contract.suggestion import Reason

_DECIMALS = 6
"""Many inputs lie exactly on a threshold and would flip with plain float sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Energy, valence, acousticness and instrumentalness, each from 0 to 1."""

    energy: float
    valence: float
    acousticness: float
    instrumentalness: float

    @classmethod
    def total(cls, reasons: tuple[Reason, ...]) -> "Values":
        """Return the sum of all contributions, clipped once at the end."""
        return cls(
            energy=_clip(sum(reason.energy for reason in reasons)),
            valence=_clip(sum(reason.valence for reason in reasons)),
            acousticness=_clip(sum(reason.acousticness for reason in reasons)),
            instrumentalness=_clip(sum(reason.instrumentalness for reason in reasons)),
        )


def _clip(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), _DECIMALS)
