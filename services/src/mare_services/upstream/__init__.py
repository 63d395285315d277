"""Calls to other people's HTTP APIs that cannot hang, flood or surprise us.

A *source* answers one kind of question from one upstream. It is a small class with a name and one
method, and it knows only its upstream's paths, parameters and shapes::

    class Answer(msgspec.Struct):
        temperature: float | None = None

    class Example:
        name = "example"

        def __init__(self, client: JsonClient) -> None:
            self._client = client

        def answer(self, question: Place, budget: Budget) -> Observed:
            params = {"lat": f"{question.latitude:.2f}"}
            reply = self._client.get("/v1/now", Answer, params=params, budget=budget)
            if reply.value.temperature is None:
                raise SourceFailed("example knows no temperature.", {"source": "example"})
            ...

Everything that every source needs stands around it, one idea to a module:

``client``
    One HTTP call: time-outs, a hard bound, one retry, a maximal size, typed JSON. Whatever goes
    wrong becomes a ``Source*`` error of :mod:`mare_services.contract.errors`.
``budget``
    How long a question may still take, shared by all who work on it.
``guarded``, ``breaker``
    A source behind its circuit breaker. A broken source costs its callers nothing; it is tried
    again in the background. Any other exception of a source counts as a failure, so that an
    unforeseen shape cannot take an answer down.
``chain``
    The first answer of several guarded sources, in order, under one budget.
``lists``
    The elements of a list that have the expected shape, when some have not.
``cache``
    Answers with a life, a longer life for bad times, and one call at a time for each key, which
    goes on when its caller has no time left.
``choice``
    Settings that say which upstreams to ask, and where they are.
``metrics``
    What became of each call, for Prometheus.

Put together, with the live part of an answer bounded by two seconds::

    guarded = [Guarded(source, spawn=eventlet.spawn_n) for source in (Example(...), Other(...))]
    cache = Cache(
        "weather", life=900, stale_life=86_400, negative_life=5, size=10_000, spawn=eventlet.spawn_n
    )

    def ask(place: Place, patience: float) -> Observed:
        budget = Budget.of(2.0)
        load = lambda: first_answer(guarded, place, budget)
        return cache.get(place.id, load, budget.at_most(patience)).value
"""
