"""Which replica leads which shard, as the annotations of the Lease have it.

One annotation has the members and their shards, which seldom change. Each member renews in one of
its own, so that no renewal changes what another replica compares before it writes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

ANNOTATION = "mare.dev/shards"
_RENEWED = "mare.dev/renewed-"
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


def renewal_of(identity: str) -> str:
    """Return the annotation that a replica renews: a name of one has at most 63 characters."""
    return f"{_RENEWED}{blake2b(identity.encode(), digest_size=8).hexdigest()}"


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
    stored: str = field(default="", compare=False)
    """The text that was read; empty if no Lease of the group was."""

    @property
    def seconds(self) -> int:
        """Time after which the Lease expires, for a replica of another group."""
        return max(each.seconds for each in self.members.values())

    def leader_of(self, shard: int) -> str | None:
        return next((name for name, each in self.members.items() if shard in each.shards), None)

    def with_member(self, identity: str, member: Member) -> "Assignment":
        return replace(self, members={**self.members, identity: member})

    def without(self, identities: frozenset[str]) -> "Assignment":
        kept = {name: each for name, each in self.members.items() if name not in identities}
        return replace(self, members=kept)

    def text(self) -> str:
        """Return members and shards, without their renewals."""
        members = {
            name: {"shards": sorted(each.shards), "seconds": each.seconds}
            for name, each in self.members.items()
        }
        return json.dumps({"members": members, "made": self.made}, separators=(",", ":"))

    def annotations(self) -> dict[str, str]:
        renewals = {renewal_of(name): each.renewed for name, each in self.members.items()}
        return {ANNOTATION: self.text(), **renewals}


def read_assignment(lease: Mapping[str, Any]) -> Assignment:
    """Read the annotations of a Lease; raise ValueError for some that no replica writes."""
    annotations = lease["metadata"].get("annotations") or {}
    try:
        stored = json.loads(annotations[ANNOTATION])
        members = {
            str(name): Member(
                frozenset(int(shard) for shard in each["shards"]),
                str(annotations[renewal_of(name)]),
                min(_MOST_SECONDS, int(each["seconds"])),
            )
            for name, each in stored["members"].items()
        }
        return Assignment(members, str(stored["made"]), annotations[ANNOTATION])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the annotation {ANNOTATION} cannot be read") from error


def other_annotations(lease: Mapping[str, Any]) -> dict[str, str]:
    """Return the annotations of a Lease that are not about shards."""
    annotations = lease["metadata"].get("annotations") or {}
    return {
        name: text
        for name, text in annotations.items()
        if name != ANNOTATION and not name.startswith(_RENEWED)
    }


def pod_of(identity: str) -> str:
    """Return the Pod of a replica, whose identity has a random suffix."""
    return identity.rpartition("-")[0] or identity
