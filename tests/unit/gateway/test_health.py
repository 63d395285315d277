from mare_nameko.client import CallTimedOut, Options, RpcClient, parse_uri


def test_the_gateway_is_alive_while_its_client_is(client, rpc):
    assert client.get("/livez").status_code == 200

    rpc.alive = False

    assert client.get("/livez").status_code == 503


def test_the_gateway_is_ready_when_calls_have_a_chance(client, rpc):
    rpc.ready = False
    assert client.get("/readyz").status_code == 503
    assert rpc.started

    rpc.ready = True
    assert client.get("/readyz").status_code == 200


def test_metrics_count_requests_by_route_and_calls_by_outcome(client, rpc):
    client.get("/v1/weather?city=Recife")
    rpc.answers["weather.report"] = CallTimedOut("too long")
    client.get("/v1/weather?city=Recife")
    client.get("/nothing")
    rpc.in_flight = 3

    text = client.get("/metrics").text

    route = 'method="GET",route="/v1/weather"'
    assert f'gateway_http_request_duration_seconds_count{{{route},status="200"}} 1.0' in text
    assert f'gateway_http_request_duration_seconds_count{{{route},status="504"}} 1.0' in text
    assert 'route="none",status="404"} 1.0' in text
    target = 'target="weather.report"'
    assert f'gateway_rpc_duration_seconds_count{{outcome="ok",{target}}} 1.0' in text
    assert f'gateway_rpc_duration_seconds_count{{outcome="CallTimedOut",{target}}} 1.0' in text
    assert "gateway_rpc_in_flight 3.0" in text
    assert "gateway_rpc_ready 1.0" in text
    assert "gateway_rpc_connections_total 1.0" in text


def test_methods_and_paths_of_strangers_make_no_new_series(client):
    for number in range(5):
        client.open(f"/x{number}", method=f"BREW{number}")

    series = 'gateway_http_request_duration_seconds_count{method="other",route="none",status="404"}'
    assert f"{series} 5.0" in client.get("/metrics").text


def test_a_client_that_was_never_started_is_alive_but_not_ready():
    client = RpcClient(Options(endpoints=parse_uri("amqp://")))

    assert client.alive
    assert not client.ready
    assert (client.in_flight, client.connections) == (0, 0)
    client.close()


def test_metrics_can_have_a_port_of_their_own(make_client):
    client = make_client(GATEWAY_HEALTH_PORT="8000")

    def status(path, port):
        return client.get(path, base_url=f"http://gateway:{port}").status_code

    assert (status("/metrics", 8000), status("/metrics", 5000)) == (200, 404)
    assert (status("/livez", 8000), status("/livez", 5000)) == (200, 200)
