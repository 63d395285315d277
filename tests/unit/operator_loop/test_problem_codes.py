"""Each code of a problem has its place in docs/explain.md, and the other way round."""

import re
from pathlib import Path

from mare.explanation import advice, problems

ROOT = Path(__file__).parents[3]


def test_every_code_is_documented():
    source = "".join(Path(each.__file__).read_text() for each in (advice, problems))
    page = (ROOT / "docs/explain.md").read_text()
    documented = re.findall(r"^### (MARE\d{3})$", page, re.MULTILINE)
    assert sorted(set(re.findall(r"MARE\d{3}", source))) == documented
