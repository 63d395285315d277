from mare_nameko.client.admission import CircuitBreakers


def test_a_circuit_opens_after_some_timeouts_in_a_row():
    breakers = CircuitBreakers(max_timeouts=3, pause=5.0)

    for _ in range(2):
        breakers.timed_out("weather", now=0.0)
    assert breakers.refusal("weather", now=0.0) is None
    breakers.timed_out("weather", now=0.0)

    assert breakers.refusal("weather", now=4.9) == "3 calls to weather in a row timed out"
    assert breakers.refusal("music", now=4.9) is None


def test_an_open_circuit_lets_one_call_through_in_each_pause():
    breakers = CircuitBreakers(max_timeouts=1, pause=5.0)
    breakers.timed_out("weather", now=0.0)

    passed = [now for now in range(16) if breakers.refusal("weather", now=float(now)) is None]

    assert passed == [5, 10, 15]


def test_the_first_reply_closes_a_circuit():
    breakers = CircuitBreakers(max_timeouts=1, pause=5.0)
    breakers.timed_out("weather", now=0.0)
    breakers.replied("weather")

    assert breakers.refusal("weather", now=0.1) is None


def test_a_reply_in_between_starts_the_count_anew():
    breakers = CircuitBreakers(max_timeouts=2, pause=5.0)
    breakers.timed_out("weather", now=0.0)
    breakers.replied("weather")
    breakers.timed_out("weather", now=0.0)

    assert breakers.refusal("weather", now=0.0) is None


def test_a_circuit_can_be_opened_for_another_reason():
    breakers = CircuitBreakers(max_timeouts=9, pause=5.0)
    breakers.opened("weather", "nobody is there", now=0.0, pause=1.0)

    assert breakers.refusal("weather", now=0.9) == "nobody is there"
    assert breakers.refusal("weather", now=1.0) is None
