"""Which Secrets an object may name."""

from types import SimpleNamespace
from typing import Any

import pytest

from mare.cluster.objects import StoredSecrets
from mare.ports import AccessRefused


async def read(labels: dict | None, *, require_label: bool = True) -> Any:
    async def request(*_: object) -> dict:
        metadata = {"name": "rabbitmq"} | ({} if labels is None else {"labels": labels})
        return {"metadata": metadata, "data": {"amqp-uri": "eA=="}}

    secrets = StoredSecrets(SimpleNamespace(request=request), require_label=require_label)
    return await secrets.read("shop", "rabbitmq")


async def test_a_labelled_secret_is_read():
    assert await read({"mare.dev/broker": "true"}) == {"amqp-uri": "eA=="}


@pytest.mark.parametrize("labels", [None, {}, {"mare.dev/broker": "false"}, {"broker": "true"}])
async def test_a_secret_without_the_label_is_refused_with_the_command_that_adds_it(labels):
    command = r"run kubectl -n shop label secret rabbitmq mare\.dev/broker=true"
    with pytest.raises(AccessRefused, match=command):
        await read(labels)


async def test_the_label_can_be_made_optional():
    assert await read(None, require_label=False) == {"amqp-uri": "eA=="}
