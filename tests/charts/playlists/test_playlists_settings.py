"""What the chart tells gateway and services, read by their own settings."""

import itertools

import pytest

from mare_gateway.events.settings import Settings as EventsSettings
from mare_gateway.settings import Settings as GatewaySettings
from mare_nameko.service.settings import Settings as RuntimeSettings
from tests.charts import environment
from tests.charts.helm import Refused
from tests.charts.playlists.conftest import ALONE

CALLBACKS = ("jobs", "webhooks")
URI = "amqp://shop:secret@broker.example/"


@pytest.fixture
def pod(helm, chart):
    """Render and return a Deployment's Pod with the environment of its container."""

    def render(name, **values):
        manifests = helm.template(chart, {**ALONE, **values})
        spec = manifests.one("Deployment", f"shop-{name}")["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        return spec, environment.variables(container)

    return render


def read(kind, environ):
    """Return the settings of a class in an environment without what comes from Secrets."""
    known = {name: value for name, value in environ.items() if value is not None}
    return kind.from_env({**known, "AMQP_URI": URI})


def gateway_settings(environ):
    return read(GatewaySettings, environ)


def test_the_gateway_accepts_every_variable(pod):
    _, environ = pod("gateway", gateway={"rateLimit": "1/second"}, valkey={"enabled": True})

    assert "GATEWAY_RATE_LIMIT_STORAGE" in environ
    assert set(environ) <= environment.GATEWAY


@pytest.mark.parametrize("name", ["weather", "music", "playlists", "jobs", "webhooks"])
def test_a_service_accepts_every_variable(pod, name):
    _, environ = pod(name)

    assert set(environ) <= environment.SERVICES[name]


def test_the_events_process_accepts_every_variable_and_listens_on_the_probed_ports(pod):
    spec, environ = pod("events", gateway={"keysSecretName": "keys", "ingress": {"enabled": True}})

    assert set(environ) <= environment.EVENTS
    settings = read(EventsSettings, environ | {"GATEWAY_KEYS_FILE": ""})
    assert (settings.host, settings.trusted_proxies) == ("::", 1)
    assert spec["containers"][0]["ports"] == [
        {"name": "http", "containerPort": settings.port},
        {"name": "health", "containerPort": settings.health_port},
    ]


@pytest.mark.parametrize("valkey", [False, True])
def test_streams_count_as_requests_for_the_rate_limit(helm, chart, *, valkey: bool):
    values = {"gateway": {"rateLimit": "60/minute"}, "valkey": {"enabled": valkey}}
    manifests = helm.template(chart, {**ALONE, **values})

    for name in "gateway", "events":
        pod = manifests.one("Deployment", f"shop-{name}")["spec"]["template"]["spec"]
        environ = environment.variables(pod["containers"][0])
        assert environ["GATEWAY_RATE_LIMIT"] == "60/minute"
        assert ("GATEWAY_RATE_LIMIT_STORAGE" in environ) == valkey
    if valkey:
        policy = manifests.one("NetworkPolicy", "shop-valkey")["spec"]["ingress"]
        assert "events" in str(policy)


@pytest.mark.parametrize("name", ["gateway", "events"])
def test_keys_are_read_from_a_secret(pod, name):
    spec, environ = pod(name, gateway={"keysSecretName": "keys"})

    (mount,) = spec["containers"][0]["volumeMounts"]
    assert environ["GATEWAY_KEYS_FILE"] == f"{mount['mountPath']}/keys"
    assert spec["volumes"][0]["secret"]["secretName"] == "keys"


@pytest.mark.parametrize("name", ["gateway", "events"])
def test_gateway_and_streams_allow_the_same_origins(pod, name):
    origins = "https://example.org"
    _, environ = pod(name, gateway={"env": {"GATEWAY_CORS_ORIGINS": origins}})

    assert environ["GATEWAY_CORS_ORIGINS"] == origins


def test_jobs_and_webhooks_accept_the_same_ports(pod):
    ports = [pod(name, webhooks={"ports": [443, 9443]})[1]["WEBHOOKS_PORTS"] for name in CALLBACKS]

    assert ports == ["443,9443"] * 2


@pytest.mark.parametrize(
    ("values", "offered"), [({}, "true"), ({"services": {"webhooks": None}}, "false")]
)
def test_jobs_offers_callbacks_if_webhooks_is_deployed(pod, values, offered):
    assert pod("jobs", **values)[1]["JOBS_CALLBACKS"] == offered


def test_the_gateway_listens_on_the_probed_ports(pod):
    spec, environ = pod("gateway")

    settings = gateway_settings(environ)
    assert settings.host == "::"
    assert spec["containers"][0]["ports"] == [
        {"name": "http", "containerPort": settings.port},
        {"name": "health", "containerPort": settings.health_port},
    ]


def test_the_gateway_listens_where_the_cluster_has_addresses(pod):
    _, environ = pod("gateway", gateway={"listenAddress": "0.0.0.0"})

    assert gateway_settings(environ).host == "0.0.0.0"


@pytest.mark.parametrize("name", ["gateway", "weather"])
def test_each_variable_occurs_once_with_the_value_of_the_user(helm, chart, name):
    own = {"GATEWAY_TIMEOUT": 20, "RUNTIME_MAX_WORKERS": 3, "LOG_LEVEL": "DEBUG"}
    secret = {"LOG_LEVEL": {"secretName": "levels", "key": "level"}}
    values = {"env": own, "secretEnv": secret}

    manifests = helm.template(chart, {**ALONE, "gateway": values, "services": {"weather": values}})

    spec = manifests.one("Deployment", f"shop-{name}")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    names = [each["name"] for each in container["env"]]
    assert len(names) == len(set(names))
    assert environment.variables(container) | {"LOG_LEVEL": "secret"} == {
        **environment.variables(container),
        "GATEWAY_TIMEOUT": "20",
        "RUNTIME_MAX_WORKERS": "3",
        "LOG_LEVEL": "secret",
    }


def test_large_numbers_arrive_without_an_exponent(pod):
    env = {"GATEWAY_MAX_BODY": 1048576}

    assert gateway_settings(pod("gateway", gateway={"env": env})[1]).max_body == 1048576
    weather = pod("weather", services={"weather": {"env": {"OTHER": 3000000, "HALF": 0.5}}})[1]
    assert (weather["OTHER"], weather["HALF"]) == ("3000000", "0.5")


def test_pods_have_the_time_that_their_settings_promise(pod):
    spec, environ = pod("weather", services={"weather": {"shutdownSeconds": 40}})
    settings = read(RuntimeSettings, environ)
    assert spec["terminationGracePeriodSeconds"] == settings.shutdown_seconds + 5 == 45

    spec, environ = pod("gateway", gateway={"gracefulSeconds": 20, "preStopSeconds": 7})
    assert gateway_settings(environ).graceful_timeout == 20
    assert spec["terminationGracePeriodSeconds"] == 32


def test_the_gateway_waits_longer_for_services_at_zero(pod):
    awake = gateway_settings(pod("gateway")[1])
    idle = gateway_settings(
        pod("gateway", services={"music": {"autoscaling": {"minReplicas": 0}}})[1]
    )

    assert (awake.no_consumers_grace, awake.timeout) == (2, 10)
    assert (idle.no_consumers_grace, idle.timeout) == (20, 30)


def test_services_wait_longer_for_services_at_zero(pod):
    def grace(**values):
        return read(RuntimeSettings, pod("playlists", **values)[1]).no_consumers_grace

    assert grace() == 1
    assert grace(services={"music": {"autoscaling": {"minReplicas": 0}}}) == 20


def test_a_deadline_before_the_end_of_the_wait_is_refused(helm, chart):
    values = {**ALONE, "gateway": {"timeoutSeconds": 5, "noConsumersGraceSeconds": 10}}

    with pytest.raises(Refused, match=r"timeoutSeconds \(5\) has to be more than"):
        helm.template(chart, values)


@pytest.mark.parametrize(
    ("gateway", "proxies"),
    [({}, 0), ({"ingress": {"enabled": True}}, 1), ({"trustedProxies": 2}, 2)],
)
def test_a_proxy_is_trusted_where_there_is_one(pod, gateway, proxies):
    assert gateway_settings(pod("gateway", gateway=gateway)[1]).trusted_proxies == proxies


def test_an_authority_is_mounted_only_where_one_is_given(pod):
    spec, environ = pod("weather")
    assert "AMQP_CA_FILE" not in environ
    assert "volumes" not in spec

    spec, environ = pod("weather", broker={"secretName": "broker", "caSecretName": "broker-ca"})
    mount = spec["containers"][0]["volumeMounts"][0]["mountPath"]
    assert environ["AMQP_CA_FILE"] == f"{mount}/ca.crt"
    assert spec["volumes"][0]["secret"]["secretName"] == "broker-ca"


@pytest.mark.parametrize("name", ["gateway", "events", "jobs"])
def test_a_broker_that_wants_certificates_gets_one(helm, chart, name):
    certificates = {"enabled": True, "issuerRef": {"name": "ca"}}
    tls = {"enabled": True, "clients": "required", "certManager": certificates}
    manifests = helm.template(chart, {"rabbitmq": {"tls": tls}})

    spec = manifests.one("Deployment", f"shop-{name}")["spec"]["template"]["spec"]
    environ = environment.variables(spec["containers"][0])
    role = "services" if name == "jobs" else "gateway"
    volume = {each["name"]: each for each in spec["volumes"]}["certificate"]["secret"]
    assert volume["secretName"] == f"shop-rabbitmq-{role}"
    paths = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    for variable, key in (("AMQP_CERT_FILE", "tls.crt"), ("AMQP_KEY_FILE", "tls.key")):
        folder, _, file = environ[variable].rpartition("/")
        assert folder in paths
        assert file == key
        assert key in [item["key"] for item in volume["items"]]


def test_no_secret_is_written_into_a_pod(pod):
    for name in ("gateway", "events", "weather"):
        _, environ = pod(name, gateway={"rateLimit": "1/second"}, valkey={"enabled": True})
        assert environ["AMQP_URI"] is None
        assert environ.get("GATEWAY_RATE_LIMIT_STORAGE") is None


def test_the_authority_of_the_charts_own_broker_comes_with_its_uris(helm, chart):
    tls = {"enabled": True, "existingSecret": "broker-tls"}
    manifests = helm.template(chart, {"rabbitmq": {"tls": tls}})

    for name, secret in (("gateway", "shop-rabbitmq-gateway"), ("music", "shop-rabbitmq-services")):
        pod = manifests.one("Deployment", f"shop-{name}")["spec"]["template"]["spec"]
        assert pod["volumes"][0]["secret"]["secretName"] == secret
        assert environment.variables(pod["containers"][0])["AMQP_CA_FILE"]


def test_a_route_removes_fields_that_pass_for_those_of_the_proxy(helm, chart):
    route = {"enabled": True, "parentRefs": [{"name": "public"}]}
    manifests = helm.template(chart, {**ALONE, "gateway": {"httpRoute": route}})

    (filtered,) = manifests.one("HTTPRoute")["spec"]["rules"][-1]["filters"]
    spellings = {
        f"X{first}Forwarded{second}{name}"
        for first, second in itertools.product("-_", repeat=2)
        for name in ("For", "Proto")
    }
    assert set(filtered["requestHeaderModifier"]["remove"]) == {
        spelling for spelling in spellings if "_" in spelling
    }
