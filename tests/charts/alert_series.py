"""Series of metrics that alerts are about, in the notation of promtool."""

from tests.charts.rabbitmq.scrape import stored

JOB = 'job="market/shop-operator", namespace="shop", name="worker"'


def identity(number, **more):
    node = {"rabbitmq_node": f"rabbit@{number}", "pod": f"shop-rabbitmq-{number}"}
    return stored("rabbitmq_identity_info", **node, **more)


ON_4_0 = [identity(number) for number in range(3)]
ON_4_3 = [
    identity(number, rabbitmq_endpoint=endpoint)
    for number in range(3)
    for endpoint in ("aggregated", "detailed")
]
KILLED = 'mare_replicas_killed_total{job="market/shop-operator", namespace="market"}'
SHOP, OTHER = (
    f'job="market/{release}-playlists", namespace="market"' for release in ("shop", "other")
)
"""Of the release of the rules, and of another one in the same namespace."""


def letters(pod="a", entrypoint="rate", of=SHOP):
    """Of one service."""
    labels = f'{of}, service="music", pod="{pod}", entrypoint="{entrypoint}"'
    return f"runtime_dead_lettered_total{{{labels}}}"


def of_nodes(series, values):
    return dict.fromkeys(series, values)


def queue(name, ready, consumers):
    values = {"messages_ready": ready, "messages": ready, "consumers": consumers}
    return {
        stored(f"rabbitmq_detailed_queue_{metric}", queue=name): f"{value}x40"
        for metric, value in values.items()
    }


def dry_run(series):
    return series | {f"mare_dry_run{{{JOB}}}": "1x40"}


def waiting(seconds, target=None):
    found = {f"mare_wait_seconds{{{JOB}}}": f"{seconds}x40"}
    if target is not None:
        found[f"mare_target_wait_seconds{{{JOB}}}"] = f"{target}x40"
    return found


def replicas(desired, current, dry_run=0):
    return {
        f"mare_desired_replicas{{{JOB}}}": f"{desired}x40",
        f"mare_current_replicas{{{JOB}}}": f"{current}x40",
        f"mare_dry_run{{{JOB}}}": f"{dry_run}x40",
    }


def at_maximum(missing):
    """The formula needs more than maxReplicas also where they are within the tolerance."""
    return {
        f"mare_needed_replicas{{{JOB}}}": "9x40",
        f"mare_max_replicas{{{JOB}}}": "8x40",
        f"mare_missing_replicas{{{JOB}}}": f"{missing}x40",
    }


def ready(values, of=SHOP):
    return {f'gateway_rpc_ready{{{of}, pod="a"}}': values}


def answers(ok, failed, of=SHOP):
    count = "gateway_http_request_duration_seconds_count"
    return {f'{count}{{{of}, status="{s}"}}': v for s, v in ((200, ok), (503, failed))}


def breakers(open_, other, of=SHOP):
    """Of one source in two Pods: it has failed if no Pod reaches it."""
    pods = {"a": open_, "b": other}
    return {
        f'upstream_breaker_open{{{of}, source="met.no", pod="{p}"}}': v for p, v in pods.items()
    }


def of_node(metric, values):
    return {stored(metric): values}


def unreachable(*counts):
    """How many others each node that is scraped does not reach."""
    metric = "rabbitmq_unreachable_cluster_peers_count"
    return {
        stored(metric, pod=f"shop-rabbitmq-{number}"): f"{count}x40"
        for number, count in enumerate(counts)
    }


def descriptors(opened, most):
    return of_node("rabbitmq_process_open_fds", f"{opened}x40") | of_node(
        "rabbitmq_process_max_fds", f"{most}x40"
    )


def unroutable(values):
    return of_node("rabbitmq_global_messages_unroutable_dropped_total", values)


HONORED, FOREIGN = 'namespace="market"', 'exported_namespace="market", namespace="cert-manager"'
"""With and without honorLabels; the latter is the default of cert-manager's chart."""


def certificate(expires, name="shop-rabbitmq", of=HONORED):
    return {f'certmanager_certificate_expiration_timestamp_seconds{{{of}, name="{name}"}}': expires}


ELSEWHERE = 'exported_namespace="other", namespace="market"'
