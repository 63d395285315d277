"""What the application gives to a client for its address behind a proxy on this machine."""

import pytest

LIMITED = {"GATEWAY_TRUSTED_PROXIES": "1", "GATEWAY_RATE_LIMIT": "1/day"}


def list_jobs(client, forwarded_for):
    headers = {"X-Forwarded-For": forwarded_for}
    return client.get("/v1/jobs", headers=headers, base_url="http://127.0.0.1")


@pytest.mark.parametrize("forwarded_for", ['"', '", 127.0.0.1, "', "unknown", "", "\xff", "::x"])
def test_no_header_makes_a_client_one_of_this_machine(make_client, rpc, forwarded_for):
    response = list_jobs(make_client(GATEWAY_TRUSTED_PROXIES="1"), forwarded_for)

    assert (response.status_code, response.get_json()["code"]) == (400, "invalid_forwarded_for")
    assert rpc.calls == []


def test_a_client_elsewhere_is_not_one_of_this_machine(make_client):
    response = list_jobs(make_client(GATEWAY_TRUSTED_PROXIES="1"), '"127.0.0.1", 192.0.2.1')

    assert (response.status_code, response.get_json()["code"]) == (403, "jobs_not_listed")


@pytest.mark.parametrize("again", ['", 192.0.2.1', "192.0.2.1:1234", "::ffff:192.0.2.1"])
def test_another_way_to_write_its_address_gives_a_client_no_second_limit(make_client, again):
    client = make_client(**LIMITED)
    path = "/v1/places?q=rec"

    statuses = [
        client.get(path, headers={"X-Forwarded-For": forwarded_for}).status_code
        for forwarded_for in ("192.0.2.1", again, "192.0.2.2")
    ]

    assert statuses == [200, 429, 200]
