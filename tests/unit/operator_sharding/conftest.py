"""The tests of shards run as those of the loop."""

from tests.unit.operator_loop.conftest import pytest_pyfunc_call, world

__all__ = ["pytest_pyfunc_call", "world"]
