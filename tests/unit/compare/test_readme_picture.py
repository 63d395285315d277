"""The first picture of the README has the measured figures of docs/compared.md."""

import re
from pathlib import Path

import pytest

from mare.simulation.comparison import compare
from tests.load.compare.__main__ import read
from tests.load.compare.readme_picture import readme_pictures

ROOT = Path(__file__).parents[3]
VARIANTS = ["light", "dark", "light-narrow", "dark-narrow"]
FIGURES = re.compile(r">p95 wait ([\d.]+) s, ([\d,]+) replica-s<")


def row(name: str) -> list[tuple[float, float, float]]:
    """Return median, least and most of each autoscaler."""
    text = (ROOT / "docs/compared.md").read_text()
    cells = re.findall(rf"^\| {re.escape(name)} \|(.+)\|$", text, re.MULTILINE)[0]
    numbers = [re.findall(r"[\d.]+", cell.replace(",", "")) for cell in cells.split("|")]
    return [(float(each[0]), float(each[1]), float(each[2])) for each in numbers]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_figures_are_those_of_the_table(variant: str):
    picture = (ROOT / f"docs/pictures/compared-{variant}.svg").read_text()
    shown = FIGURES.findall(picture)

    assert [float(wait) for wait, _ in shown] == [median for median, _, _ in row("p95, s")]
    seconds = [float(each.replace(",", "")) for _, each in shown]
    ranges = row("replica-seconds in 120 s")
    assert all(
        least <= each <= most for each, (_, least, most) in zip(seconds, ranges, strict=True)
    )


def test_each_variant_has_all_autoscalers():
    scenario = read("burst", seconds=120, seed=1)
    results = compare(scenario)
    pictures = readme_pictures(results, scenario.seconds)

    assert list(pictures) == ["light", "light-narrow", "dark", "dark-narrow"]
    for svg in pictures.values():
        assert len(FIGURES.findall(svg)) == len(results) == 4
