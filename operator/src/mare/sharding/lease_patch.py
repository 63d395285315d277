"""The change of a Lease from one assignment to another, as a JSON patch.

The API server applies a patch to the Lease as it is then, and repeats that until no other write
meets it. So replicas whose requests take seconds do not meet. Each patch compares only what its
change depends on: all that a replica writes, its own renewal, so that no earlier request of it
counts after a later one; what moves shards, also all members with their shards, and the renewals of
those that it removes.
"""

from typing import Any

from mare.sharding.assignment import ANNOTATION, Assignment, renewal_of

JsonPatch = list[dict[str, Any]]


def lease_patch(
    found: Assignment, new: Assignment, identity: str, group: str, now: str
) -> JsonPatch:
    """Return the patch by which a replica of a group writes `new` in place of `found`."""
    gone = sorted(found.members.keys() - new.members.keys())
    own = [identity] if identity in found.members else []
    patch = [_test(_HOLDER, group)]
    patch += [_test(_renewal(name), found.members[name].renewed) for name in sorted({*own, *gone})]
    if (text := new.text()) != found.stored:
        patch += [_test(SHARDS, found.stored), _set(SHARDS, text)]
        patch += [{"op": "remove", "path": _renewal(name)} for name in gone]
        patch.append(
            _set("/spec/leaseDurationSeconds", new.seconds) if new.members else _set(_HOLDER, "")
        )
    if identity in new.members:
        patch.append(_set(_renewal(identity), new.members[identity].renewed))
        patch.append(_set("/spec/renewTime", now))
    return patch


def _annotation(name: str) -> str:
    return f"/metadata/annotations/{name.replace('/', '~1')}"


def _renewal(identity: str) -> str:
    return _annotation(renewal_of(identity))


def _test(path: str, value: object) -> dict[str, Any]:
    return {"op": "test", "path": path, "value": value}


def _set(path: str, value: object) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


_HOLDER = "/spec/holderIdentity"
SHARDS = _annotation(ANNOTATION)
