"""Which pages of other sites may use the API."""

import pytest

PATH = "/v1/weather?city=Recife"
SHOP = "https://shop.example"


def allowed(response):
    return response.headers.get("Access-Control-Allow-Origin")


def test_pages_of_every_origin_may_read(client):
    response = client.get(PATH, headers={"Origin": "https://any.example"})

    assert allowed(response) == "*"
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_pages_of_other_origins_may_not_submit_jobs(client):
    body = {"city": "Recife"}
    response = client.post("/v1/playlists", json=body, headers={"Origin": "https://any.example"})
    preflight = client.options("/v1/playlists", headers={"Origin": "https://any.example"})

    assert allowed(response) is None
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "Authorization" not in preflight.headers["Access-Control-Allow-Headers"]


def test_pages_of_other_origins_cannot_read_the_list_of_jobs_of_this_machine(client):
    response = client.get("/v1/jobs", headers={"Origin": "https://any.example"})

    assert allowed(response) is None


def test_a_listed_origin_may_do_everything(make_client):
    client = make_client(GATEWAY_CORS_ORIGINS=f"*, {SHOP}")
    headers = {"Origin": SHOP}

    preflight = client.options("/v1/playlists", headers=headers)
    response = client.post("/v1/playlists", json={"city": "Recife"}, headers=headers)

    assert allowed(preflight) == allowed(response) == SHOP
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Origin" in response.headers["Vary"]
    assert "Origin" in client.get(PATH).headers["Vary"]


@pytest.mark.parametrize("origin", ["https://shop.example.evil", "null", "http://shop.example"])
def test_without_a_star_only_listed_origins_are_allowed(make_client, origin):
    client = make_client(GATEWAY_CORS_ORIGINS=SHOP)

    response = client.get(PATH, headers={"Origin": origin})

    assert allowed(response) is None
    assert response.headers["Vary"] == "Accept-Language, Origin"


def test_a_problem_can_be_read_too(client):
    response = client.get("/v1/weather?foo=1", headers={"Origin": "https://any.example"})

    assert (response.status_code, allowed(response)) == (400, "*")


@pytest.mark.parametrize("origin", ["https://shop.example/path", "shop.example", "*.example"])
def test_an_invalid_origin_prevents_the_start(make_client, origin):
    with pytest.raises(Exception, match="GATEWAY_CORS_ORIGINS"):
        make_client(GATEWAY_CORS_ORIGINS=origin)
