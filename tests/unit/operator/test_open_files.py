"""The operator may open as many connections as the machine lets it."""

import resource
from collections.abc import Iterator

import pytest

from mare.cli.run import allow_open_files

FILES = resource.RLIMIT_NOFILE


@pytest.fixture
def _few_files() -> Iterator[None]:
    before = resource.getrlimit(FILES)
    resource.setrlimit(FILES, (before[0] - 1, before[1]))
    yield
    resource.setrlimit(FILES, before)


@pytest.mark.usefixtures("_few_files")
def test_the_soft_limit_of_open_files_becomes_the_hard_one():
    _, hard = resource.getrlimit(FILES)
    allow_open_files()
    assert resource.getrlimit(FILES) == (hard, hard)
