"""The first picture of the README has the figures of the table that it refers to."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", ["light", "dark", "light-narrow", "dark-narrow"])
def test_the_figures_are_those_of_the_table(name):
    picture = (ROOT / f"docs/pictures/compared-{name}.svg").read_text()
    shown = re.findall(r">simulated: p95 wait ([\d.]+) s, ([\d,]+) replica-s<", picture)
    text = (ROOT / "docs/simulation.md").read_text()
    (row,) = re.findall(r"^\| square \|(.+)\|$", text, re.MULTILINE)
    expected = [
        (f"{float(wait):.1f}", seconds)
        for wait, seconds, _ in (cell.strip().split(" / ") for cell in row.split("|"))
    ]

    assert shown == expected
