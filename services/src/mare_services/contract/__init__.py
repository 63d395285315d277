"""What the services say to each other: the shapes of requests, answers and errors.

Everything here is pure and immutable. The edge of a service turns wire data (plain JSON values)
into these types with :func:`read` and back with :func:`write`; nothing else knows about the wire.
"""
