"""What one namespace does last displaces nothing that is remembered of another."""

from mare.custom_resource.autoscaler import Key
from mare.loop.recent_entries import RecentEntries


def test_the_last_entries_of_each_namespace_are_remembered():
    recent = RecentEntries(of_namespace=3)
    recent.add("shop", "a")
    for number in range(5):
        recent.add("hostile", str(number))
        recent.add("hostile", "2")
    assert recent.has("shop", "a")
    assert not recent.has("market", "a")
    assert [str(n) for n in range(5) if recent.has("hostile", str(n))] == ["2", "3", "4"]


def test_an_entry_that_occurs_again_is_the_newest():
    recent = RecentEntries(of_namespace=3)
    for entry in ("a", "b", "c", "a", "d"):
        recent.add("shop", entry)
    assert [each for each in "abcd" if recent.has("shop", each)] == ["a", "c", "d"]


def test_the_namespaces_in_which_nothing_happened_for_longest_are_forgotten():
    recent = RecentEntries(of_namespace=3)
    recent.add("deleted", "a")
    recent.add("shop", "a")
    for number in range(999):
        recent.add(f"preview-{number}", "a")
        recent.add("shop", "b")
    assert not recent.has("deleted", "a")
    assert recent.has("shop", "a")
    assert recent.has("preview-0", "a")


async def test_objects_removed_in_one_namespace_let_no_late_event_bring_back_one_of_another(world):
    """1,024 deletions of one tenant made the operator scale what another one had deleted."""
    world.begin(2, 95)
    world.loop.remove(Key("shop", "worker"), "uid-worker")
    for number in range(2_000):
        world.loop.remove(Key("hostile", f"object-{number}"), f"uid-{number}")
    world.put(version=150)
    assert world.loop.autoscalers == []
