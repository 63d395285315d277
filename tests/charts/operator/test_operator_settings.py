"""Variables that the chart sets, read by the operator's own settings."""

from ipaddress import ip_network

from mare.settings import Settings
from tests.charts import environment
from tests.charts.operator.conftest import CHART


def _environ(helm, values):
    (container,) = environment.containers(
        helm.template(CHART, values).one("Deployment", "shop-operator")
    )
    return environment.variables(container)


def test_the_operator_accepts_every_variable(helm):
    assert set(_environ(helm, {})) <= environment.OPERATOR


def test_values_arrive_as_settings(helm):
    environ = _environ(
        helm,
        {
            "namespaces": ["shop", "mail"],
            "settings": {
                "tickSeconds": 0.5,
                "readsPerSecond": 1000,
                "leaseSeconds": 15,
                "brokerNetworks": ["10.0.0.0/8"],
            },
            "dashboard": {"prefix": "/mare", "hosts": ["mare.example"]},
            "logLevel": "DEBUG",
        },
    )
    settings = Settings.from_env({name: value or "set" for name, value in environ.items()})

    assert settings.namespaces == ("shop", "mail")
    assert (settings.tick_seconds, settings.reads_per_second) == (0.5, 1000)
    assert settings.lease_seconds == 15
    assert settings.broker_networks == (ip_network("10.0.0.0/8"),)
    assert (settings.dashboard_prefix, settings.dashboard_hosts) == ("/mare", ("mare.example",))
    assert settings.log_level == "DEBUG"


def test_the_defaults_of_the_chart_are_those_of_the_operator(helm):
    environ = {name: value for name, value in _environ(helm, {}).items() if value}

    expected = Settings(lease_name=environ["MARE_LEASE_NAME"], mark_pods=False)
    assert Settings.from_env(environ) == expected


def test_rights_that_the_chart_does_not_grant_may_include_that_to_mark_pods(helm):
    assert _environ(helm, {"rbac": {"create": False}})["MARE_MARK_PODS"] == "true"


def test_a_variable_of_ones_own_takes_the_place_of_the_charts(helm):
    own = [{"name": "LOG_LEVEL", "value": "ERROR"}, {"name": "TZ", "value": "America/Recife"}]

    deployment = helm.template(CHART, {"extraEnv": own}).one("Deployment", "shop-operator")

    (container,) = environment.containers(deployment)
    names = [each["name"] for each in container["env"]]
    assert len(names) == len(set(names))
    assert environment.variables(container)["LOG_LEVEL"] == "ERROR"


def test_authenticated_metrics_come_with_the_right_to_review_tokens(helm):
    values = {"metrics": {"authentication": True, "serviceMonitor": {"enabled": True}}}
    rendered = helm.template(CHART, values)

    roles = [each["roleRef"]["name"] for each in rendered.all("ClusterRoleBinding")]
    assert "system:auth-delegator" in roles
    assert "system:auth-delegator" not in str(list(helm.template(CHART, {})))


def test_without_rbac_no_role_is_created(helm):
    metrics = {
        "authentication": True,
        "serviceMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
    }
    rendered = helm.template(CHART, {"rbac": {"create": False}, "metrics": metrics})

    assert not [each for each in rendered if "Role" in each["kind"]]


def test_killed_replicas_have_an_alert_only_where_the_operator_sees_them(helm):
    def alerts(**rbac):
        rules = {"enabled": True, "job": "operator"}
        values = {"rbac": rbac, "metrics": {"prometheusRule": rules}}
        return str(helm.template(CHART, values).one("PrometheusRule"))

    assert "MareReplicasKilled" in alerts(markPods=True)
    assert "MareReplicasKilled" not in alerts()


def test_the_token_that_is_sent_in_clear_text_may_read_metrics_only(helm):
    values = {"metrics": {"authentication": True, "serviceMonitor": {"enabled": True}}}
    rendered = helm.template(CHART, values)

    [endpoint] = rendered.one("ServiceMonitor", "shop-operator")["spec"]["endpoints"]
    token = rendered.one("Secret", endpoint["authorization"]["credentials"]["name"])
    account = token["metadata"]["annotations"]["kubernetes.io/service-account.name"]
    bound = [
        each["roleRef"]["name"]
        for each in (*rendered.all("ClusterRoleBinding"), *rendered.all("RoleBinding"))
        if any(subject["name"] == account for subject in each["subjects"])
    ]
    [rules] = [rendered.one("ClusterRole", name)["rules"] for name in bound]
    assert rules == [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    assert "bearerTokenFile" not in str(rendered)
