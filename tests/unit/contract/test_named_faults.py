"""The faults of .ci/named_faults.toml, which run at night, still have their places."""

import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


def test_each_named_fault_replaces_one_text_of_its_module(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(PROJECT / ".ci")
    from named_faults import FAULTS, SOURCE, Fault  # noqa: PLC0415  not a package

    faults = [Fault(**each) for each in tomllib.loads(FAULTS.read_text())["fault"]]

    assert [
        fault
        for fault in faults
        if (PROJECT / SOURCE / fault.file).read_text().count(fault.before) != 1
    ] == []
