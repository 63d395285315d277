"""The contract between the services: requests, answers and errors.

The types are immutable. A service converts JSON values to these types with :func:`wire.read`, and
back with :func:`wire.write`.
"""
