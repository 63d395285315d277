"""The faults of .ci/named_faults.toml, which run at night, still have their places."""

from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


def test_each_named_fault_replaces_one_text_of_its_module(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(PROJECT / ".ci")
    from named_faults import SOURCE, read_faults  # noqa: PLC0415  not a package

    assert [
        fault
        for fault in read_faults()
        if (PROJECT / SOURCE / fault.file).read_text().count(fault.before) != 1
    ] == []
