"""Places go to the oldest objects of each namespace, and evenly to namespaces."""

from collections import Counter
from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from mare.custom_resource.autoscaler import Key
from mare.loop.object_places import ObjectPlaces, Place
from mare.memory_limit import USUAL_MEMORY
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import OBJECTS, OWN_MEMORY, TenantScheduler

_SHARED = 24
_MEMORY = OWN_MEMORY + (USUAL_MEMORY - OWN_MEMORY) * (_SHARED + 0.5) / OBJECTS.shared


def _nothing(_key: Key, _error: OverBudget) -> None:
    pass


def _place(namespace: str, number: int, units: int = 1) -> Place:
    created = f"2026-01-01T00:00:{number:03}Z"
    return Place(created, Key(namespace, f"worker-{number}"), units, _nothing)


def _objects(sizes: dict[str, int]) -> list[Place]:
    """Objects beyond the reserved parts of their namespaces."""
    return [
        _place(namespace, number)
        for namespace, size in sizes.items()
        for number in range(OBJECTS.reserved + size)
    ]


def _taken(order: Iterable[Place], most: int = 1_000) -> set[Key]:
    """Return the objects that have a place once all have come, and some have tried again."""
    places, taken = ObjectPlaces(TenantScheduler(int(_MEMORY)), most), set()
    by_key = {place.key: place for place in order}
    waiting = list(by_key)
    for _ in range(3):
        refused: list[Key] = []

        def leave(key: Key, _error: OverBudget, refused: list[Key] = refused) -> None:
            taken.remove(key)
            refused.append(key)

        for key in waiting:
            is_taken = places.take(by_key[key]._replace(leave=leave)) is None
            (taken.add if is_taken else refused.append)(key)
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
    places, left = ObjectPlaces(TenantScheduler(OWN_MEMORY), OBJECTS.reserved), []
    all_of_it = [
        _place("a", number)._replace(leave=lambda key, _: left.append(key))
        for number in range(OBJECTS.reserved)
    ]
    for place in all_of_it:
        assert places.take(place) is None
    oldest, newest = all_of_it[0], all_of_it[-1]

    assert places.take(newest._replace(units=2)) is not None
    assert not places.has_room(_place("a", OBJECTS.reserved))
    assert left == []
    assert places.take(oldest._replace(units=2)) is None
    assert left == [newest.key]
    assert not places.has_room(newest)
    places.release(oldest.key)
    assert places.has_room(newest)


def test_no_object_leaves_for_a_large_one_that_finds_no_room():
    """Otherwise its namespace would end the scaling of others again and again."""
    places, left = ObjectPlaces(TenantScheduler(int(_MEMORY)), 1_000), []
    for place in _objects({"a": 14, "b": 10}):
        assert places.take(place._replace(leave=lambda key, _: left.append(key))) is None

    assert places.take(_place("b", 900, units=8)) is not None
    assert left == []
    assert not places.has_room(_place("b", 901, units=8))
    assert places.take(_place("b", 902, units=2)) is None
    assert [key.namespace for key in left] == ["a", "a"]


def test_shards_share_the_places():
    scheduler = TenantScheduler(int(_MEMORY))
    places, left = ObjectPlaces(scheduler, 1_000), []
    for place in _objects({"a": 24}):
        places.take(place._replace(leave=lambda key, _: left.append(("first", key.namespace))))
    for place in _objects({"z": 6}):
        places.take(place._replace(leave=lambda key, _: left.append(("second", key.namespace))))
    assert left == [("first", "a")] * 6
