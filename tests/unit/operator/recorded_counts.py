"""Counts of arrivals every 5 s, as the broker's statistics give them."""

from random import Random

from mare.domain.arrivals import Count

SECONDS = 5.0


def counts_of(messages, start=0.0):
    return [
        Count(start + SECONDS * (index + 1), SECONDS, number)
        for index, number in enumerate(messages)
    ]


def poisson_counts(rate, seconds, seed, start=0.0):
    """Return random counts of a rate, a function of the time."""
    random = Random(seed)
    times = (start + SECONDS * index for index in range(int(seconds / SECONDS)))
    return counts_of([_poisson(random, rate(at) * SECONDS) for at in times], start)


def _poisson(random, mean):
    if mean > 50:
        return max(0, round(random.gauss(mean, mean**0.5)))
    count, left = 0, mean
    while mean > 0 and (left := left - random.expovariate(1.0)) > 0:
        count += 1
    return count
