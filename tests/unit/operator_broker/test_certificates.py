"""A certificate of the statistics' server that the operator does not trust."""

import pytest

from mare.ports import AccessRefused
from tests.unit.operator_broker.statistics_server import SOURCES, fetch, untrusted


@pytest.mark.parametrize("kind", SOURCES)
def test_a_certificate_of_an_unknown_authority_is_reported_with_its_cause(kind):
    with pytest.raises(
        AccessRefused, match=r"is refused, unable to get .*: see ca\.crt"
    ) as refused:
        fetch(kind, untrusted())

    assert refused.value.reason == "CertificateRefused"
