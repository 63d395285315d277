"""All faults of a release: of components, pairs that talk, broker, node and clock."""

import signal
from collections.abc import Iterator, Sequence
from functools import partial

from tests.e2e.application import Application
from tests.load.chaos import broker, clock, node
from tests.load.chaos.celery_archive import NAME as CELERY
from tests.load.chaos.disk import SmallDisk
from tests.load.chaos.faults import Fault
from tests.load.chaos.network import API_SERVER, DELAY_SECONDS, LOSS, Link
from tests.load.chaos.processes import kill, resume, send

STOP_SECONDS = LINK_SECONDS = 20.0
SERVICES = ("weather", "music", "playlists", "jobs", "webhooks")
_NOTHING_LOST = "no accepted work is lost"
_PROMISES = {
    "gateway": "clients get 502 to 504 and repeat with their key; no second job",
    "events": "streams are opened again and miss nothing",
    "jobs": "submissions are answered by 503; what was accepted is stored",
    "postgresql": "submissions are answered by 503; what was accepted is stored",
    "valkey": "requests go on, each gateway counts for itself",
    "operator": "replicas stay; another leads; nothing busy is ended",
    "celery": "tasks are delivered to another worker",
}


def catalog(
    application: Application, disk: SmallDisk | None, killed: dict[str, float]
) -> list[Fault]:
    """Return all faults; without a small disk, none of a full disk.

    Args:
        killed: gets the time of the last SIGKILL of each Pod.
    """
    names = prefixes(application)
    faults = [*_of_processes(application, names, killed), *_of_links(application, names)]
    release, members = application.release, _members(application)
    faults += [
        Fault(
            name=f"{alarm} alarm of RabbitMQ, 15 s",
            part="rabbitmq-0",
            promise="publishers wait or get 503; consumers go on",
            begin=partial(broker.raise_alarm, application, members[0], alarm),
            end=partial(broker.clear_alarm, application, members[0], alarm),
            seconds=15,
        )
        for alarm in broker.ALARMS
    ]
    faults += [
        Fault(
            name="1,000 poison messages",
            part="rabbitmq",
            promise="they leave the queues; work goes on",
            begin=partial(broker.poison, application),
        ),
        Fault(
            name="API server away, 20 s",
            part="API server",
            promise="replicas stay; work goes on",
            begin=partial(node.signal_api_server, application, signal.SIGSTOP),
            end=partial(node.signal_api_server, application, signal.SIGCONT),
            seconds=20,
        ),
        Fault(
            name="node drained, 20 s",
            part="node",
            promise="budgets keep a gateway and a majority of RabbitMQ; nothing accepted is lost",
            begin=partial(node.drain, application),
            end=partial(node.uncordon, application),
            seconds=20,
        ),
    ]
    faults += [
        Fault(
            name=f"clock of {name} 5 s ahead, 30 s",
            part=name,
            promise="no result differs, no callback is missing",
            begin=partial(clock.set_ahead, application, f"{release}-{name}"),
            end=partial(clock.set_right, application, f"{release}-{name}"),
            seconds=30,
        )
        for name in ("jobs", "webhooks")
    ]
    if disk:
        faults.append(
            Fault(
                name="disk of the job store full, 20 s",
                part="postgresql",
                promise=_PROMISES["postgresql"],
                begin=disk.fill,
                end=disk.free,
                seconds=20,
            )
        )
    return faults


def prefixes(application: Application) -> dict[str, str]:
    release = application.release
    members = {f"rabbitmq-{n}": name for n, name in enumerate(_members(application))}
    return {
        **{name: f"{release}-{name}-" for name in ("gateway", "events", *SERVICES, "operator")},
        **{name: f"{release}-{name}-0" for name in ("postgresql", "valkey")},
        "celery": f"{CELERY}-",
        **members,
    }


def _members(application: Application) -> list[str]:
    sets = application.read("apis/apps/v1", f"statefulsets/{application.release}-rabbitmq")
    return [f"{application.release}-rabbitmq-{n}" for n in range(sets["spec"]["replicas"])]


def _of_processes(
    application: Application, names: dict[str, str], killed: dict[str, float]
) -> Iterator[Fault]:
    for name, prefix in names.items():
        promise = _PROMISES.get(name, _NOTHING_LOST)
        yield Fault(
            name=f"kill -9 of {name}",
            part=name,
            promise=promise,
            begin=partial(kill, application, prefix, killed),
            pairs=True,
        )
        yield Fault(
            name=f"SIGSTOP of {name}, 20 s",
            part=name,
            promise=promise,
            begin=partial(send, application, prefix, signal.SIGSTOP),
            end=partial(resume, application, prefix),
            seconds=STOP_SECONDS,
            pairs=True,
        )


def _of_links(application: Application, names: dict[str, str]) -> Iterator[Fault]:
    members = _members(application)
    pairs: list[tuple[str, str, Sequence[str]]] = [
        *((each, "RabbitMQ", members) for each in ("gateway", "events", *SERVICES, "operator")),
        ("celery", "RabbitMQ", members),
        ("jobs", "PostgreSQL", [names["postgresql"]]),
        ("gateway", "Valkey", [names["valkey"]]),
        ("operator", "the API server", API_SERVER),
    ]
    if len(members) > 1:
        pairs.append(("rabbitmq-0", "the other members", members[1:]))
    for part, other, targets in pairs:
        link = Link(application, names[part], targets)
        for name, begin in (
            (f"{DELAY_SECONDS * 1000:.0f} ms delay", link.delay),
            (f"{LOSS:.0%} loss", link.lose),
            ("partition", link.cut),
        ):
            yield Fault(
                name=f"{name}, {part} and {other}, 20 s",
                part=part,
                promise=_PROMISES.get(part, _NOTHING_LOST),
                begin=begin,
                end=link.heal,
                seconds=LINK_SECONDS,
            )
