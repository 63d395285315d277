from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.upstream.failures import retry_after_seconds

NOW = datetime(2026, 3, 26, 13, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3),
        (" 0 ", 0),
        ("86400", 86_400),
        ("99999999999999", 86_400),
        ("Thu, 26 Mar 2026 13:16:30 GMT", 90),
        ("Thu, 26 Mar 2026 13:16:30 -0000", 90),
        ("Thu, 26 Mar 2026 13:00:00 GMT", 0),
        ("Fri, 26 Mar 2027 13:00:00 GMT", 86_400),
        (None, None),
        ("", None),
        ("soon", None),
        ("Mon, 1 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 1 Jan 2026 00:00:00 +99999999999999999999", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_seconds_and_dates_are_understood_and_nonsense_is_not(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_breaks_it(header):
    waited = retry_after_seconds(header, NOW)

    assert waited is None or 0 <= waited <= 86_400
