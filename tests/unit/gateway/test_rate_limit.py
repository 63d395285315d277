import re
from datetime import UTC, datetime

import pytest

from mare_gateway.clients import Client
from mare_gateway.keys import KeySet, new_key

PATH = "/v1/places?q=rec"

# The limits are of long times: at the end of a minute, an earlier request counts for less.


def test_without_a_limit_there_is_none(client):
    assert {client.get(PATH).status_code for _ in range(20)} == {200}
    assert "RateLimit" not in client.get(PATH).headers


def test_a_client_above_the_limit_gets_a_retry_after(make_client, problem):
    client = make_client(GATEWAY_RATE_LIMIT="3/day")

    assert [client.get(PATH).status_code for _ in range(3)] == [200, 200, 200]
    refusal = problem(PATH, using=client)

    assert (refusal.status, refusal.code) == (429, "too_many_requests")
    assert 0 < int(refusal.response.headers["Retry-After"]) <= 86_400


def test_every_response_has_the_remainder_of_the_limit(make_client):
    client = make_client(GATEWAY_RATE_LIMIT="3/hour;100/day")

    left = [client.get(PATH).headers for _ in range(4)]

    assert {each["RateLimit-Policy"] for each in left} == {
        '"address";q=3;w=3600, "address";q=100;w=86400'
    }
    remaining = [re.fullmatch(r'"address";r=(\d+);t=(\d+)', each["RateLimit"]) for each in left]
    assert [int(each[1]) for each in remaining] == [2, 1, 0, 0]
    assert all(0 < int(each[2]) <= 3600 for each in remaining)


def test_refused_requests_do_not_use_up_a_longer_limit(make_client):
    client = make_client(GATEWAY_RATE_LIMIT="5/day;1/hour")

    *_, refused = (client.get(PATH) for _ in range(7))

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 3600


def test_the_page_and_the_description_are_not_limited(make_client):
    client = make_client(GATEWAY_RATE_LIMIT="1/day")

    assert {client.get("/openapi.json").status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(("proxies", "statuses"), [("0", [200, 429]), ("1", [200, 200])])
def test_clients_behind_a_proxy_are_distinguished_only_if_it_is_trusted(
    make_client, proxies, statuses
):
    client = make_client(GATEWAY_RATE_LIMIT="1/day", GATEWAY_TRUSTED_PROXIES=proxies)

    received = [
        client.get(PATH, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in (1, 2)
    ]

    assert received == statuses


def test_keys_of_one_name_share_a_limit_of_their_own(make_client, tmp_path):
    made = [new_key(name, ("read",), datetime.now(UTC)) for name in ("shop", "shop", "other")]
    file = tmp_path / "keys.json"
    file.write_bytes(KeySet([entry for _, entry in made]).write())
    client = make_client(
        GATEWAY_KEYS_FILE=str(file),
        GATEWAY_RATE_LIMIT="1/day",
        GATEWAY_KEY_RATE_LIMIT="2/day",
    )

    def statuses(key):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return [client.get(PATH, headers=headers).status_code for _ in range(2)]

    one, same, other = (key for key, _ in made)
    assert [statuses(key) for key in (None, one, same, other)] == [
        [200, 429],
        [200, 200],
        [429, 429],
        [200, 200],
    ]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "address:192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "address:2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "address:192.0.2.1"),
        ("fe80::1%eth0", "address:fe80::"),
        ("no: address", "address:no: address"),
    ],
)
def test_an_ipv6_client_is_its_network(address, counted):
    client = Client(name="", address=address, scopes=frozenset(), may_list_jobs=False)

    assert client.rate_key == counted
