"""Calls to HTTP APIs of third parties, bounded in time, size and number.

A *source* answers one kind of request with one upstream, as `weather/adapters/open_meteo.py` does.
It contains only the paths, parameters and formats of its upstream. `client` makes the HTTP call,
and `guarded` calls the source unless its circuit breaker is open. `sources` returns the first
answer of several sources within a `budget`; `cache` keeps it.
"""
