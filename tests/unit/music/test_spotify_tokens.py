"""How long a token of Spotify is used."""

import msgspec
import pytest

from mare_services.music.adapters.spotify_tokens import DEFAULT_LIFE, LONGEST_LIFE, Tokens, life_of
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import Reply


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3600),
        (3599.5, 3599.5),
        ("3600", 3600),
        (" 3600 ", 3600),
        (0, 0),
        (-1, 0),
        ("1e9", LONGEST_LIFE),
        (10**400, DEFAULT_LIFE),
        ("NaN", DEFAULT_LIFE),
        ("inf", DEFAULT_LIFE),
        ("soon", DEFAULT_LIFE),
        ("", DEFAULT_LIFE),
        (None, DEFAULT_LIFE),
        (True, DEFAULT_LIFE),
        ([3600], DEFAULT_LIFE),
    ],
)
def test_the_life_of_a_token_is_a_number_within_bounds(expires_in, seconds):
    assert life_of(expires_in) == seconds


class Accounts:
    """Grants a token that is valid for an hour, in a string."""

    def __init__(self):
        self.granted = 0

    def post(self, path, shape, **_):
        self.granted += 1
        body = {"access_token": f"t{self.granted}", "expires_in": "3600"}
        return Reply(msgspec.convert(body, shape), {})


def test_a_token_whose_life_is_a_string_is_used_until_a_minute_before_its_end():
    now = [0.0]
    accounts = Accounts()
    tokens = Tokens(accounts, "id", "secret", lambda: now[0])
    budget = Budget.of(60)

    assert [tokens.current(budget), tokens.current(budget)] == ["t1", "t1"]
    now[0] = 3539.0
    assert tokens.current(budget) == "t1"
    now[0] = 3540.0
    assert tokens.current(budget) == "t2"
