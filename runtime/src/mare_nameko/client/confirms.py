"""Publisher confirms: which delivery tag belongs to which call."""


class Confirms:
    """Counts messages as the broker does and finds those that it settles."""

    def __init__(self) -> None:
        self._last_tag = 0
        self._unconfirmed: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._unconfirmed)

    def published(self, correlation_id: str) -> None:
        self._last_tag += 1
        self._unconfirmed[self._last_tag] = correlation_id

    def settled(self, tag: int, multiple: bool) -> list[str]:  # noqa: FBT001 - as py-amqp calls it
        """Return the ids of the messages that an ack or nack of ``tag`` settles, oldest first."""
        if not multiple:
            correlation_id = self._unconfirmed.pop(tag, None)
            return [] if correlation_id is None else [correlation_id]
        settled = []
        for unconfirmed in list(self._unconfirmed):  # in order of their tags
            if unconfirmed > tag:
                break
            settled.append(self._unconfirmed.pop(unconfirmed))
        return settled
