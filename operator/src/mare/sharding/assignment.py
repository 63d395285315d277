"""Which replica leads which shard, as the annotation of the Lease has it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

ANNOTATION = "mare.dev/shards"
_GROUP = re.compile(r"([1-9][0-9]{0,3})-shards")
_MOST_SECONDS = 3600


def shard_of(namespace: str, shards: int) -> int:
    """Return the shard of all objects of a namespace: the same in every process and version."""
    if shards == 1:
        return 0
    digest = blake2b(namespace.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards


def group_of(shards: int) -> str:
    """Return the holder of a Lease that so many shards share.

    A replica with another number of shards, or of a version without shards, takes it for another
    holder, and waits until the Lease is released or expires.
    """
    return f"{shards}-shards"


def shards_of(holder: str) -> int | None:
    """Return the number of shards of a holder; None for a single replica."""
    found = _GROUP.fullmatch(holder)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Member:
    """A replica that competes for shards."""

    shards: frozenset[int]
    renewed: str
    """When it renewed, by its own clock: others see only that it changes."""
    seconds: int
    """Time after which others take the shards of a replica that does not renew."""


@dataclass(frozen=True, slots=True)
class Assignment:
    members: Mapping[str, Member] = field(default_factory=dict)
    """By identity."""
    made: str = ""
    """Identifies a Lease that was made anew, of which leaders may not know yet."""

    def leader_of(self, shard: int) -> str | None:
        return next((name for name, each in self.members.items() if shard in each.shards), None)

    def with_member(self, identity: str, member: Member) -> "Assignment":
        return replace(self, members={**self.members, identity: member})

    def without(self, identities: frozenset[str]) -> "Assignment":
        kept = {name: each for name, each in self.members.items() if name not in identities}
        return replace(self, members=kept)

    def text(self) -> str:
        members = {
            name: {"shards": sorted(e.shards), "renewed": e.renewed, "seconds": e.seconds}
            for name, e in self.members.items()
        }
        return json.dumps({"members": members, "made": self.made}, separators=(",", ":"))


def read_assignment(lease: Mapping[str, Any]) -> Assignment:
    """Read the annotation of a Lease; raise ValueError for one that no replica writes."""
    text = (lease["metadata"].get("annotations") or {}).get(ANNOTATION, "")
    try:
        stored = json.loads(text)
        members = {
            str(name): Member(
                frozenset(int(shard) for shard in each["shards"]),
                str(each["renewed"]),
                min(_MOST_SECONDS, int(each["seconds"])),
            )
            for name, each in stored["members"].items()
        }
        return Assignment(members, str(stored["made"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the annotation {ANNOTATION} cannot be read") from error


def pod_of(identity: str) -> str:
    """Return the Pod of a replica, whose identity has a random suffix."""
    return identity.rpartition("-")[0] or identity
