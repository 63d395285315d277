"""Types of fields in the responses of a management API. What is kept of them has a bound."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
QueueName = Annotated[str, msgspec.Meta(max_length=255)]
"""As in AMQP. The names of an object's queues are written to its status."""
Short = Annotated[str, msgspec.Meta(max_length=64)]
"""What is kept and counts as an object of 150 bytes, such as an address."""
