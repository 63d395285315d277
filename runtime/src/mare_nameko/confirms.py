"""Publisher confirms: which message the broker means by a delivery tag."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Unconfirmed(Generic[T]):
    """The messages of one channel in confirm mode that have no ack and no nack yet.

    The broker numbers the messages of a channel from 1. The order of calls to :meth:`add` must be
    the order in which the messages are written.
    """

    def __init__(self) -> None:
        self._last_tag = 0
        self._items: dict[int, T] = {}

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T) -> int:
        """Record the next message of the channel and return its delivery tag."""
        self._last_tag += 1
        self._items[self._last_tag] = item
        return self._last_tag

    def retract(self) -> None:
        """Forget the message that was added last, which was not written."""
        self._items.pop(self._last_tag, None)
        self._last_tag -= 1

    def settle(self, tag: int, multiple: bool) -> list[T]:  # noqa: FBT001  as py-amqp calls it
        """Remove and return what an ack or nack of ``tag`` settles, oldest first."""
        if not multiple:
            item = self._items.pop(tag, None)
            return [] if item is None else [item]
        settled = []
        for unconfirmed in list(self._items):  # in the order of their tags
            if unconfirmed > tag:
                break
            settled.append(self._items.pop(unconfirmed))
        return settled

    def pending(self) -> list[T]:
        return list(self._items.values())

    def clear(self) -> list[T]:
        """Remove and return all messages without confirm, oldest first: a late ack settles none."""
        items, self._items = list(self._items.values()), {}
        return items
