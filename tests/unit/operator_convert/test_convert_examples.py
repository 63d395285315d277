"""Whole files as a person has them, what comes out, and what is said about it.

To write the expected files anew: python -m tests.unit.operator_convert.test_convert_examples
"""

from pathlib import Path

import pytest
import yaml

from mare.convert.conversion import Conversion, convert
from mare.convert.report import manifests, text
from tests.unit.operator_convert.inputs import faults

FOLDER = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith(".out"))


def _convert(name: str) -> Conversion:
    return convert([(f"{name}.yaml", (FOLDER / f"{name}.yaml").read_text())])


@pytest.mark.parametrize("name", NAMES)
def test_the_output_is_as_expected(name):
    assert manifests(_convert(name)) == (FOLDER / f"{name}.out.yaml").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_report_is_as_expected(name):
    assert text(_convert(name), detailed=True) == (FOLDER / f"{name}.report.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_expected_output_is_valid(name):
    for manifest in yaml.safe_load_all((FOLDER / f"{name}.out.yaml").read_text()):
        assert not faults(manifest)


if __name__ == "__main__":
    for name in NAMES:
        (FOLDER / f"{name}.out.yaml").write_text(manifests(_convert(name)))
        (FOLDER / f"{name}.report.txt").write_text(text(_convert(name), detailed=True))
