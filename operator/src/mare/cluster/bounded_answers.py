"""Answers of the API server whose size a tenant chooses, read up to a bound.

An object takes up to 1.5 MiB in etcd, and six times as much in JSON, which escapes each `<`. Twenty
Deployments of 1.3 MB took the operator from 70 to 408 MB.
"""

import json
import re
from collections.abc import AsyncIterator
from itertools import accumulate
from typing import Any

from mare.ports import Unavailable

MAX_BYTES = 12 * 2**20
"""Of an answer with one object."""
MAX_PAGE_BYTES = 4 * 2**20
MAX_LINE_BYTES = 2**20
"""Of one event of a watch."""
MAX_VALUES = 200_000
"""JSON values of a page: 100 Deployments with managed fields have 50,000. A page of as many
empty ones takes 13 MB, and one of 4 MiB took 49."""
MAX_LINE_VALUES = 50_000
"""Of one event of a watch, which takes 10 ms."""
MAX_BYTES_ON_LOOP = 2**18
"""A longer answer is decoded in a thread."""
MAX_LEVELS = 100
"""Objects and lists in each other: a Pod has 15. Python decodes 1,000, and the API server accepts
10,000 in a jobTemplate and in managed fields: one object ended all watches of its kind."""
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_OTHER_BYTES = bytes(set(range(256)) - set(b'[]{}"'))
_QUOTED = re.compile(rb'"[^"]*"')
_BRACKET = re.compile(_STRING.pattern + rb"|[\[{]|[\]}]")
_NAMESPACE = b'","namespace":"'
_BEGINNING = re.compile(
    rb'\{"type":"(ADDED|MODIFIED|DELETED)","object":\{(?:"(?:kind|apiVersion)":"[^"]*",)*"metadata":'
    rb'\{("name":"[^"]*",(?:"generateName":"[^"]*",)?(?:"namespace":"[^"]*",)?"uid":"[^"]*",'
    rb'"resourceVersion":"[^"]*")'
)


class TooLarge(Unavailable):
    """An answer exceeds its bound. Answers with fewer objects may not."""


def decoded(data: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer; raise `Unavailable` if it is none."""
    # json decodes in C and keeps the interpreter for 60 ms for 4 MiB, also in a thread. A function
    # in Python for each object lets the event loop continue.
    hook = _same if len(data) > MAX_BYTES_ON_LOOP else None
    try:
        try:
            found = json.loads(data, object_hook=hook)
        except RecursionError:
            found = json.loads(_shallow(data), object_hook=hook)
    except ValueError as error:
        raise Unavailable("the API server does not answer with JSON") from error
    if not isinstance(found, dict):
        raise Unavailable("the API server does not answer with a JSON object")
    return found


def _same(value: dict[str, Any]) -> dict[str, Any]:
    return value


def _shallow(data: bytes) -> bytes:
    """Return JSON with null for each value that is too deep."""
    parts, level, copied = [], 0, 0
    for token in _BRACKET.finditer(data):
        if token[0] in b"[{":
            level += 1
            if level == MAX_LEVELS + 1:
                parts.append(data[copied : token.start()] + b"null")
        elif token[0] in b"]}":
            if level == MAX_LEVELS + 1:
                copied = token.end()
            level -= 1
    return b"".join(parts) + data[copied:]


def levels_of(data: bytes) -> int:
    """Return how many objects and lists the JSON has in each other."""
    # Two quotes without a bracket between them change nothing. 300,000 strings take
    # 4 ms, and with a regular expression alone 46.
    quoted = data.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _OTHER_BYTES)
    brackets = _QUOTED.sub(b"", quoted.replace(b'""', b""))
    return max(accumulate(1 if each in b"[{" else -1 for each in brackets), default=0)


def values_of(data: bytes) -> int:
    """Return how many values the JSON has at most, without decoding it."""
    return data.count(b"{") + data.count(b"[") + data.count(b",")


def seconds_to_decode(data: bytes) -> float:
    """Return about how long the JSON takes: 20,000 numbers in 100 KB take 4.3 ms."""
    return len(data) * 4e-9 + values_of(data) * 2e-7


async def read_bounded(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """Return a body; raise `TooLarge` as soon as it exceeds `most` bytes."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise TooLarge(f"the API server answers with more than {most:,} bytes")
    return bytes(body)


async def lines(chunks: AsyncIterator[bytes], most: int) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield each line and whether it is whole: of a longer one, the first `most` bytes."""
    line, is_whole = bytearray(), True
    async for chunk in chunks:
        for number, part in enumerate(chunk.split(b"\n")):
            if number:
                yield bytes(line), is_whole
                line, is_whole = bytearray(), True
            room = most - len(line)
            is_whole = is_whole and len(part) <= room
            line += part[:room]
    if line:
        yield bytes(line), is_whole


def event_of_beginning(line: bytes) -> dict[str, Any] | None:
    """Return the event of a line that is not whole, with the identity of its object only.

    The API server writes name, UID and version first; None for an object where it does not.
    """
    found = _BEGINNING.match(line)
    if found is None:
        return None
    kind, metadata = found[1].decode(), json.loads(b"{%b}" % found[2])
    return {"type": kind, "object": {"metadata": metadata}}


def shortened(line: bytes) -> tuple[str, bytes] | None:
    """Return the namespace of a custom resource in an event, and the event with its identity only.

    The API server sorts the fields of a custom resource: the name, namespace, version and UID are
    the last ones of the metadata, which precede the spec. None where they are not.
    """
    begin, end = line.find(b'"metadata":{') + len(b'"metadata":{'), line.find(b'},"spec":{')
    version = line.rfind(b'"resourceVersion":"', begin, end)
    namespace = line.rfind(_NAMESPACE, begin, version)
    name = line.rfind(b'"name":"', begin, namespace)
    if min(end, version, namespace, name) < 0:
        return None
    namespace_end = line.find(b'"', namespace + len(_NAMESPACE))
    identity = line[name:namespace_end] + b'",' + line[version:end]
    text = line[namespace + len(_NAMESPACE) : namespace_end].decode()
    return text, line[:begin] + identity + b"}}}"
