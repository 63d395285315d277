"""What kombu decompresses has a limit."""

import bz2
import lzma
import zlib

import pytest
from kombu import compression

from mare_nameko.service.compression import (
    MAX_BYTES,
    CompressionRefused,
    limit_decompression,
)

KINDS = {
    "application/x-gzip": zlib.compress,
    "application/x-bz2": bz2.compress,
    "application/x-lzma": lzma.compress,
}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """Leave kombu's functions as they are for other tests."""
    monkeypatch.setattr(compression, "_decoders", dict(compression._decoders))


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_of_the_longest_length_is_decompressed(kind):
    limit_decompression()
    body = bytes(MAX_BYTES)

    assert compression.decompress(KINDS[kind](body), kind) == body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spoil", [lambda body: body, lambda body: body[: len(body) // 2]])
def test_a_longer_or_a_cut_body_is_refused(kind, spoil):
    limit_decompression()

    with pytest.raises(CompressionRefused, match="longer than 16 MiB"):
        compression.decompress(spoil(KINDS[kind](bytes(MAX_BYTES + 1))), kind)


def test_aliases_are_limited_too():
    limit_decompression()

    with pytest.raises(CompressionRefused):
        compression.decompress(zlib.compress(bytes(MAX_BYTES + 1)), "gzip")


def test_a_compression_without_a_limit_is_refused():
    compression.register(bytes, bytes, "application/x-boundless")
    limit_decompression()

    with pytest.raises(CompressionRefused, match="x-boundless is not supported"):
        compression.decompress(b"a", "application/x-boundless")
