"""Secrets, virtual hosts and patterns of one namespace neither delay nor fill another."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pytest
import trustme

from mare.broker import queue_selection
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import late
from mare.broker.secret_cache import SecretCache
from mare.broker.virtual_host import VirtualHost
from mare.custom_resource.autoscaler import BrokerReference
from mare.domain.unknown import Unknown
from mare.local_run.broker_secrets import encoded
from mare.ports import NotFound
from mare.tenant_scheduler import SECRET_READS, VIRTUAL_HOSTS
from tests.fakes.declarations import Found
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_broker.broker_stage import (
    AMQP,
    MANAGEMENT,
    PATTERN,
    Stage,
    autoscaler,
    sampled,
)


def of_virtual_hosts(count: int) -> list[dict[str, str]]:
    return [{"name": "work", "vhost": f"vhost-{number}"} for number in range(count)]


def test_silent_virtual_hosts_are_waited_for_at_the_same_time(play):
    """One after the other took 7 s each, until the kubelet restarted the leader."""

    async def timeline(stage: Stage) -> None:
        stage.statistics_hang = True
        stage.broker.stuck = {"work"}
        begun = virtual_time.now()
        reading = await stage.reading(autoscaler(queues=of_virtual_hosts(32)))
        assert virtual_time.now() - begun < 8
        assert {each.ready.reason for each in reading.queues} == {"LeaderSilent"}

    play(timeline, **AMQP, **MANAGEMENT)


def test_the_virtual_hosts_of_a_quiet_check_are_asked_at_the_same_time(play, monkeypatch):
    """One after the other, each of 32 silent ones would take the 3 s of the check."""

    async def timeline(stage: Stage) -> None:
        all_asked = asyncio.Barrier(32)
        left = Unknown("MessagesLeft", "it counts more than another reason")

        async def ask(host: VirtualHost, names: Collection[str]) -> Unknown | None:
            await all_asked.wait()
            return {"vhost-10": late("work"), "vhost-20": left}.get(host.name)

        monkeypatch.setattr(VirtualHost, "check_quiet", ask)
        found = await stage.brokers.check_quiet(autoscaler(queues=of_virtual_hosts(32)))
        assert found is left

    play(timeline, **AMQP, **MANAGEMENT)


def test_a_virtual_host_that_is_not_read_in_time_is_unknown_and_the_others_are_read(
    play, monkeypatch
):
    read = VirtualHost.read

    async def slow(host: VirtualHost, *names):
        if host.name == "vhost-1":
            await asyncio.sleep(10**6)
        return await read(host, *names)

    monkeypatch.setattr(VirtualHost, "read", slow)

    async def timeline(stage: Stage) -> None:
        stage.broker.queues["work"] = Found(3, 1)
        queues = (await stage.reading(autoscaler(queues=of_virtual_hosts(3)))).queues
        assert virtual_time.now() == 10
        assert [getattr(each.ready, "reason", each.ready) for each in queues] == [
            3,
            "BrokerUnreachable",
            3,
        ]

    play(timeline, **AMQP)


@pytest.mark.parametrize(("scheme", "counts_as"), [("amqp", 1), ("AMQPS", 2)])
def test_the_virtual_hosts_of_a_namespace_are_bounded_until_they_are_closed(
    play, scheme, counts_as
):
    most_hosts = VIRTUAL_HOSTS.of_namespace // counts_as

    async def timeline(stage: Stage) -> None:
        stage.broker.queues["work"] = Found(3, 1)
        hostile = [
            autoscaler("hostile", queues=of_virtual_hosts(number))
            for number in (most_hosts, most_hosts + 1)
        ]
        most = (await stage.reading(hostile[0])).queues
        assert {each.ready for each in most} == {3}
        more = (await stage.reading(hostile[1])).queues
        assert [each.ready.cause for each in more if isinstance(each.ready, Unknown)] == [
            "namespace hostile is over its limit of open virtual hosts, 240"
        ]
        stage.secret = {"amqp-uri": "amqp://other/"}
        assert (await stage.reading(autoscaler("honest", queues=of_virtual_hosts(1)))).queues
        await stage.brokers.keep_only([])
        assert (await stage.reading(hostile[1])).queues

    play(timeline, amqp_uri=f"{scheme}://rabbitmq/")


def test_virtual_hosts_that_do_not_close_delay_no_other(play, monkeypatch, caplog):
    close, closed = VirtualHost.close, []

    async def slow(host: VirtualHost) -> None:
        await asyncio.sleep(2)
        await close(host)
        closed.append(host.name)
        if host.name == "vhost-0":
            raise ValueError(host.name)

    monkeypatch.setattr(VirtualHost, "close", slow)

    async def timeline(stage: Stage) -> None:
        stage.broker.queues["work"] = Found(3, 1)
        await stage.reading(autoscaler(queues=of_virtual_hosts(9)))
        begun = virtual_time.now()
        await stage.brokers.keep_only([])
        assert virtual_time.now() == begun + 2
        assert len(closed) == 9
        assert [each.message for each in caplog.records] == ["Connection could not be closed"]

    play(timeline, **AMQP)


def test_silent_virtual_hosts_of_a_namespace_have_some_of_the_places(play, monkeypatch):
    inside: Counter[str] = Counter()

    async def silent(host: VirtualHost, *names):
        inside[host.tenant.namespace] += 1
        await asyncio.sleep(10**6)

    monkeypatch.setattr(VirtualHost, "read", silent)

    async def timeline(stage: Stage) -> None:
        rounds = []
        for number in range(10):
            stage.secret = {"amqp-uri": f"amqp://hostile-{number}/"}
            each = autoscaler(f"hostile-{number}", queues=of_virtual_hosts(75))
            rounds.append(asyncio.create_task(stage.reading(each)))
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        assert inside["hostile-0"] == max(inside.values()) == 64
        assert inside.total() == 256
        await asyncio.gather(*rounds)
        assert virtual_time.now() < 11

    play(timeline, **AMQP)


def test_slow_patterns_of_a_namespace_leave_the_processor_to_the_others(play, monkeypatch):
    seconds = itertools.count(step=0.2)
    monkeypatch.setattr(queue_selection.time, "thread_time", lambda: next(seconds))

    async def timeline(stage: Stage) -> None:
        stage.statistics = {}
        await stage.reading(autoscaler(**PATTERN))
        stage.broker.queues["work"] = Found(3, 1)
        await stage.new_statistics(work=sampled(ready=3))
        reasons = []
        for number in range(40):
            patterns = [{"pattern": f"w*{'*' * number}"}]
            queues = (await stage.reading(autoscaler("hostile", queues=patterns))).queues
            reasons.append(getattr(queues, "reason", None))
        assert reasons == [None] * 10 + ["NamespaceBudgetExceeded"] * 30  # two steps each
        assert (await stage.reading(autoscaler("honest", queues=[{"pattern": "wo*"}]))).queues
        await asyncio.sleep(30)
        hostile = autoscaler("hostile", queues=[{"pattern": "wor*"}])
        assert not isinstance((await stage.reading(hostile)).queues, Unknown)

    play(timeline, **AMQP, **MANAGEMENT)


class MissingSecrets:
    def __init__(self) -> None:
        self.requested: list[str] = []

    async def read(self, namespace: str, name: str) -> dict[str, str]:
        self.requested.append(namespace)
        await asyncio.sleep(0.01)
        raise NotFound(name)


def test_missing_secrets_of_a_namespace_cause_a_bounded_rate_of_requests():
    """400 objects without a Secret caused 190 requests a second."""

    async def timeline() -> None:
        secrets = MissingSecrets()
        cache = SecretCache(secrets, virtual_time.now, 30.0, lambda _: False)
        hostile = [BrokerReference("hostile", f"secret-{number}", None) for number in range(400)]
        for second in range(60):
            found = await asyncio.gather(*map(cache.get, hostile))
            await asyncio.sleep(second + 1 - virtual_time.now())
        assert {each.reason for each in found} == {"SecretNotFound"}
        most = SECRET_READS.burst + 60 * SECRET_READS.per_second
        assert len(secrets.requested) <= most
        new = [BrokerReference("hostile", f"new-{number}", None) for number in range(400)]
        causes = {each.cause for each in await asyncio.gather(*map(cache.get, new))}
        assert "namespace hostile is over its limit of reads of Secrets" in causes
        await cache.get(BrokerReference("honest", "secret", None))
        assert secrets.requested[-1] == "honest"

    virtual_time.run(timeline())


@dataclass
class GivenSecrets:
    """Secrets with a broker and a certificate by name."""

    certificates: Mapping[str, str]

    async def read(self, namespace: str, name: str) -> dict[str, str]:
        uri = f"amqp://{name}:x@rabbitmq/"
        return encoded({"amqp-uri": uri, "ca.crt": self.certificates[name]})


def reasons_of(certificates: Mapping[str, str], then: Sequence[str] = ()) -> list[str | None]:
    """Read Secrets of a namespace, keep only some of them, and read all again."""
    cache = SecretCache(GivenSecrets(certificates), lambda: 0.0, 30.0, lambda _: False)

    async def read() -> list[str | None]:
        names = [BrokerReference("hostile", name, None) for name in certificates]
        found = [await cache.get(name) for name in names]
        if then:
            cache.keep_only([BrokerReference("hostile", name, None) for name in then])
            return [getattr(await cache.get(name), "cause", None) for name in names]
        honest = await cache.get(BrokerReference("honest", next(iter(certificates)), None))
        assert not isinstance(honest, Unknown)
        return [getattr(each, "cause", None) for each in found]

    return asyncio.run(read())


def test_the_secrets_of_a_namespace_take_a_bounded_amount_of_memory():
    """Secrets of many names kept 256 KiB each."""
    ca = trustme.CA().cert_pem.bytes().decode()
    names = [f"secret-{number}" for number in range(60)]
    certificates = dict.fromkeys(names, ca + "#" * 60_000)

    over = "namespace hostile is over its limit of characters in Secrets, 2,097,152"
    reasons = reasons_of(certificates)
    assert reasons == [None] * 34 + [over] * 26
    assert reasons_of(certificates, then=["none"]) == reasons


def test_the_different_certificates_of_a_namespace_are_bounded():
    """Each takes a TLS context of 2.4 MiB."""
    ca = trustme.CA().cert_pem.bytes().decode()
    different = {f"secret-{number}": ca + f"# {number}" for number in range(40)}
    same = dict.fromkeys((f"other-{number}" for number in range(40)), ca + "# 1")

    over = "namespace hostile is over its limit of different certificates in Secrets, 12"
    assert reasons_of({**different, **same}) == [None] * 12 + [over] * 28 + [None] * 40
    left = [f"secret-{number}" for number in range(10)]
    assert reasons_of(different, then=left) == [None] * 12 + [over] * 28


def test_all_connections_with_the_same_certificates_share_one_context():
    """A context takes 2.4 MiB: each virtual host had two or three."""
    ca = trustme.CA().cert_pem.bytes().decode()

    def parameters(vhost: str, ca: str | None) -> ConnectionParameters:
        return ConnectionParameters(ca_certificate=ca, vhost=vhost)

    first = parameters("a", ca).ssl_context()
    assert parameters("b", ca).ssl_context() is first
    assert parameters("a", None).ssl_context() is not first
