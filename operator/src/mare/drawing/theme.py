"""Colours: any CSS value, for example `var(--ink)` for a page with its own themes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    background: str
    ink: str
    """Colour of text and axes."""
    faint: str
    """Colour of the grid and of secondary text."""
    series: tuple[str, ...]
    level: str
    band: str = "none"


LIGHT = Theme(
    background="#ffffff",
    ink="#1b2430",
    faint="#5d6875",
    series=("#0b6aa2", "#b4531a", "#3f7a2a", "#7a4b94"),
    level="#a3262a",
)
DARK = Theme(
    background="#12181f",
    ink="#e6ebf0",
    faint="#98a4b0",
    series=("#6cb6e8", "#f0a36b", "#8fcf74", "#c9a0e0"),
    level="#f08a8d",
)
