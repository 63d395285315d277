"""Places go to the oldest objects of each namespace, and evenly to namespaces."""

from collections import Counter
from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from mare.custom_resource.autoscaler import Key
from mare.loop.object_places import ObjectPlaces, Place
from mare.tenant_scheduler import OBJECTS, OWN_MEMORY, USUAL_MEMORY, TenantScheduler

_SHARED = 24
_MEMORY = OWN_MEMORY + (USUAL_MEMORY - OWN_MEMORY) * (_SHARED + 0.5) / OBJECTS.shared


def _place(namespace: str, number: int, units: int = 1) -> Place:
    return Place(f"2026-01-01T00:00:{number:03}Z", Key(namespace, f"worker-{number}"), units)


def _objects(sizes: dict[str, int]) -> list[Place]:
    """Objects beyond the reserved parts of their namespaces."""
    return [
        _place(namespace, number)
        for namespace, size in sizes.items()
        for number in range(OBJECTS.reserved + size)
    ]


def _taken(order: Iterable[Place], most: int = 1_000) -> set[Key]:
    """Return the objects that have a place once all have come, and some have tried again."""
    places, taken, waiting = ObjectPlaces(TenantScheduler(int(_MEMORY)), most), set(), list(order)
    for _ in range(3):
        refused = []
        while waiting:
            place = waiting.pop(0)
            while places.take(place) is not None:
                if (displaced := places.displaced_by(place)) is None:
                    refused.append(place)
                    break
                places.release(displaced)
                taken.remove(displaced)
                refused.extend(each for each in order if each.key == displaced)
            else:
                taken.add(place.key)
        waiting = refused
    return taken


def _counts(taken: Iterable[Key]) -> Counter[str]:
    """Return the places of each namespace beyond its reserved part."""
    counts = Counter(key.namespace for key in taken)
    return Counter({each: count - OBJECTS.reserved for each, count in counts.items()})


def test_a_namespace_that_is_listed_last_has_as_many_places_as_the_first_one():
    taken = _taken(_objects({"a": 40, "b": 40, "shop": 6}))
    assert _counts(taken) == {"a": 9, "b": 9, "shop": 6}


def test_the_oldest_objects_of_a_namespace_have_its_places():
    taken = _taken(reversed(_objects({"a": 40})), most=OBJECTS.reserved + 10)
    assert taken == {_place("a", number).key for number in range(OBJECTS.reserved + 10)}


@given(st.permutations(_objects({"a": 30, "b": 14, "c": 2})))
def test_the_order_of_objects_does_not_matter(order: Sequence[Place]):
    counts = _counts(taken := _taken(order))
    assert counts == {"a": 11, "b": 11, "c": 2}
    for namespace, count in counts.items():
        numbers = range(OBJECTS.reserved + count)
        assert {_place(namespace, number).key for number in numbers} <= taken


def test_an_object_that_grows_displaces_newer_ones_only():
    places = ObjectPlaces(TenantScheduler(OWN_MEMORY), OBJECTS.reserved)
    for number in range(OBJECTS.reserved):
        assert places.take(_place("a", number)) is None
    newest = _place("a", OBJECTS.reserved - 1)

    assert places.displaced_by(_place("a", 0, units=2)) == newest.key
    assert places.displaced_by(newest._replace(units=2)) is None
    assert not places.has_room(_place("a", OBJECTS.reserved))
    places.release(newest.key)
    assert places.has_room(newest)
