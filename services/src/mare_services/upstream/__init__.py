"""Calls to HTTP APIs of third parties, bounded in time, size and number.

A *source* responds to one kind of request with one upstream. It has a name and one method, and
contains only the paths, parameters and formats of its upstream::

    class Format(msgspec.Struct):
        temperature: float | None = None

    class Example:
        name = "example"

        def __init__(self, client: JsonClient) -> None:
            self._client = client

        def answer(self, place: Place, budget: Budget) -> Observed:
            params = {"lat": f"{place.latitude:.2f}"}
            reply = self._client.get("/v1/now", Format, params=params, budget=budget)
            if reply.value.temperature is None:
                raise SourceFailed("example returns no temperature.", {"source": "example"})
            ...

What all sources need is in these modules:

``client``
    One HTTP call: timeouts, one retry, a maximal size, typed JSON. Every failure becomes a
    ``Source*`` error of :mod:`mare_services.contract.errors`.
``budget``
    The time that is left for a request, shared by all calls that belong to it.
``guarded``, ``breaker``
    A source behind its circuit breaker. An open breaker fails calls at once and tries the source in
    the background. Any other exception of a source counts as a failure too.
``chain``
    The first answer of several guarded sources, in order, within one budget.
``cache``
    Answers with a life, a longer life while their source fails, and one load per key at a time.
``source_settings``
    Settings that select upstreams.

For example, with two seconds for the live sources of one answer::

    guarded = [Guarded(source, spawn=eventlet.spawn_n) for source in (Example(...), Other(...))]
    cache = Cache(
        "weather", life=900, stale_life=86_400, negative_life=5, size=10_000, spawn=eventlet.spawn_n
    )

    def weather(place: Place, time_left: float) -> Observed:
        budget = Budget.of(2.0)
        load = lambda: first_answer(guarded, place, budget)
        return cache.get(place.id, load, budget.at_most(time_left)).value
"""
