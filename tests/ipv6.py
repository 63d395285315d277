"""A mark for tests that listen on IPv6."""

import socket

import pytest

with_ipv6 = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="This machine has no IPv6.")
