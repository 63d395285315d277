"""Publisher confirms."""

from hypothesis import given
from hypothesis import strategies as st

from mare_nameko.confirms import Unconfirmed


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=30))
def test_every_message_is_settled_at_most_once_and_in_order(published, answers):
    unconfirmed = Unconfirmed()
    for number in range(1, published + 1):
        unconfirmed.add(str(number))

    settled = []
    for tag, multiple in answers:
        batch = [int(number) for number in unconfirmed.settle(tag, multiple)]
        assert batch == sorted(batch)
        assert all(number <= tag if multiple else number == tag for number in batch)
        settled += batch

    assert len(settled) == len(set(settled))
    assert len(unconfirmed) == published - len(settled)


def test_tags_are_counted_from_one():
    unconfirmed = Unconfirmed()
    assert [unconfirmed.add(item) for item in "abc"] == [1, 2, 3]
    assert unconfirmed.settle(2, multiple=False) == ["b"]

    assert unconfirmed.pending() == ["a", "c"]
    assert unconfirmed.settle(9, multiple=False) == []
    assert unconfirmed.settle(3, multiple=True) == ["a", "c"]
    assert unconfirmed.add("d") == 4


def test_after_a_lost_channel_nothing_is_settled():
    unconfirmed = Unconfirmed()
    unconfirmed.add("a")
    unconfirmed.add("b")

    assert unconfirmed.clear() == ["a", "b"]
    assert unconfirmed.settle(2, multiple=True) == []
    assert len(unconfirmed) == 0


def test_a_message_that_was_not_written_has_no_tag():
    unconfirmed = Unconfirmed()
    unconfirmed.add("written")
    unconfirmed.add("not written")
    unconfirmed.retract()

    assert unconfirmed.add("next") == 2
    assert unconfirmed.pending() == ["written", "next"]
    unconfirmed.clear()
    unconfirmed.retract()
    assert unconfirmed.pending() == []
