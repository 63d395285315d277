"""Clients that send half of a body."""

import io

SUBMISSION = b'{"city": "Recife"}'
SLOW, OTHER = "192.0.2.1", "192.0.2.2"


class SlowBody(io.BytesIO):
    """A body of which nothing has arrived yet while `meanwhile` runs."""

    def __init__(self, meanwhile):
        super().__init__(SUBMISSION)
        self._meanwhile = meanwhile

    def readinto(self, buffer):
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        return super().readinto(buffer)


def submit(client, address, body):
    response = client.post(
        "/v1/playlists",
        input_stream=body,
        content_type="application/json",
        environ_base={"REMOTE_ADDR": address},
    )
    return response.status_code


def test_one_client_occupies_half_of_the_threads_that_wait_for_bodies(make_client):
    client = make_client(GATEWAY_THREADS="24", GATEWAY_MAX_IN_FLIGHT="20")  # 4 wait for bodies
    statuses = []

    def submit_both():
        statuses.extend(submit(client, each, io.BytesIO(SUBMISSION)) for each in (SLOW, OTHER))

    submit(client, SLOW, SlowBody(lambda: submit(client, SLOW, SlowBody(submit_both))))
    assert statuses == [503, 202]

    statuses.clear()
    submit_both()
    assert statuses == [202, 202]


def test_all_clients_together_occupy_no_more_threads(make_client):
    client = make_client(GATEWAY_THREADS="12", GATEWAY_MAX_IN_FLIGHT="10")  # 2 wait for bodies
    statuses = []

    def submit_third():
        statuses.append(submit(client, "192.0.2.3", io.BytesIO(SUBMISSION)))

    submit(client, SLOW, SlowBody(lambda: submit(client, OTHER, SlowBody(submit_third))))
    assert statuses == [503]
