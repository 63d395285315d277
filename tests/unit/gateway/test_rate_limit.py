import pytest

PATH = "/v1/places?q=rec"


def test_without_a_limit_there_is_none(client):
    assert {client.get(PATH).status_code for _ in range(20)} == {200}


def test_a_client_above_the_limit_gets_a_retry_after(make_client, problem):
    client = make_client(GATEWAY_RATE_LIMIT="3/minute")

    assert [client.get(PATH).status_code for _ in range(3)] == [200, 200, 200]
    refusal = problem(PATH, using=client)

    assert (refusal.status, refusal.code) == (429, "too_many_requests")
    assert 0 < int(refusal.response.headers["Retry-After"]) <= 60


def test_the_page_and_the_description_are_not_limited(make_client):
    client = make_client(GATEWAY_RATE_LIMIT="1/minute")

    assert {client.get("/openapi.json").status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(("proxies", "statuses"), [("0", [200, 429]), ("1", [200, 200])])
def test_clients_behind_a_proxy_are_distinguished_only_if_it_is_trusted(
    make_client, proxies, statuses
):
    client = make_client(GATEWAY_RATE_LIMIT="1/minute", GATEWAY_TRUSTED_PROXIES=proxies)

    asked = [
        client.get(PATH, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in (1, 2)
    ]

    assert asked == statuses
