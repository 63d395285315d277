"""Reads the events of a stream (Server-Sent Events)."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import IncrementalNewlineDecoder

from mare_client.answers import Json, UnreadableAnswer, read_document

LARGEST_EVENT = 2**20
"""Characters of the lines of one event. The document of a job with 50 tracks has 30 KiB."""
_STATUS = 200
_ID = re.compile(r"[\x21-\x7e]{1,200}")
"""What can be sent as a header."""


@dataclass(slots=True)
class EventReader:
    """Reads events. Lines end with LF, CRLF or CR only, as their specification demands.

    Attributes:
        last_id: sent as ``Last-Event-ID`` when the stream is opened again.
        ended: whether the server has sent the event `end`.
        attempt: streams in a row, before the present one, that brought no event and no heartbeat.
    """

    last_id: str = ""
    ended: bool = False
    attempt: int = -1
    _text: IncrementalNewlineDecoder = field(init=False)
    _rest: str = ""
    _event: dict[str, str] = field(default_factory=dict)
    _length: int = 0

    def reopen(self) -> Mapping[str, str]:
        """Drop an event that the end of the former stream cut off; return the request headers."""
        self.attempt += 1
        self._text = IncrementalNewlineDecoder(getincrementaldecoder("utf-8")("replace"), True)
        self._rest, self._event, self._length = "", {}, 0
        return {"Last-Event-ID": self.last_id} if self.last_id else {}

    def read(self, data: bytes) -> Iterator[Json]:
        """Yield the job's document for each event that ends in `data`; raise UnreadableAnswer."""
        *lines, self._rest = (self._rest + self._text.decode(data)).split("\n")
        for line in lines:
            yield from self._read_line(line)
        self._bound(self._rest)

    def _read_line(self, line: str) -> Iterator[Json]:
        if line:
            self._bound(line)
            self._length += len(line)
            name, _, value = line.partition(":")
            if name != "retry":  # each stream begins with it
                self.attempt = 0
            self._event[name] = value.removeprefix(" ")
            return
        event, self._event, self._length = self._event, {}, 0
        if _ID.fullmatch(event.get("id", "")):
            self.last_id = event["id"]
        if event.get("event") == "end":
            self.ended = True
        elif "data" in event:
            yield read_document(_STATUS, event["data"].encode())

    def _bound(self, text: str) -> None:
        if self._length + len(text) > LARGEST_EVENT:
            detail = f"An event has more than {LARGEST_EVENT} characters."
            raise UnreadableAnswer(_STATUS, detail, text.encode())
