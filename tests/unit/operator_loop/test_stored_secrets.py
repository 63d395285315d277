"""Which Secrets an object may name."""

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp import web

from mare.cluster.objects import StoredSecrets
from mare.ports import AccessRefused
from tests.unit.operator_loop.api_servers import served


def read(labels: Mapping[str, str] | None, *, require_label: bool = True) -> Mapping[str, str]:
    metadata = {"name": "rabbitmq"} if labels is None else {"name": "rabbitmq", "labels": labels}

    async def play() -> Mapping[str, str]:
        answer = {"metadata": metadata, "data": {"amqp-uri": "eA=="}}
        async with served(lambda _: web.json_response(answer)) as (api, _):
            return await StoredSecrets(api, require_label=require_label).read("shop", "rabbitmq")

    return asyncio.run(play())


def test_a_labelled_secret_is_read():
    assert read({"mare.dev/broker": "true"}) == {"amqp-uri": "eA=="}


@pytest.mark.parametrize("labels", [None, {}, {"mare.dev/broker": "false"}, {"broker": "true"}])
def test_a_secret_without_the_label_is_refused_with_the_command_that_adds_it(labels):
    with pytest.raises(
        AccessRefused,
        match=r"run kubectl -n shop label secret rabbitmq mare\.dev/broker=true",
    ):
        read(labels)


def test_the_label_can_be_made_optional():
    assert read(None, require_label=False) == {"amqp-uri": "eA=="}
