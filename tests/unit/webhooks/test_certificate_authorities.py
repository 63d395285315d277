"""What the settings bound: the certificate authorities, and what each host gets."""

import base64
from types import SimpleNamespace

from mare_services.webhooks import service
from mare_services.webhooks.service import Deliveries


def test_the_settings_reach_the_transport_and_the_destinations(monkeypatch):
    made = []
    monkeypatch.setattr(service, "HttpTransport", lambda _, **options: made.append(options))
    monkeypatch.setattr(service, "Destinations", lambda **bounds: made.append(bounds))
    monkeypatch.setenv("WEBHOOKS_SECRETS", f"whsec_{base64.b64encode(bytes(32)).decode()}")
    monkeypatch.setenv("WEBHOOKS_CA_FILE", "ca.pem")
    monkeypatch.setenv("WEBHOOKS_CONCURRENCY", "2")
    monkeypatch.setenv("WEBHOOKS_RATE", "7")
    deliveries = Deliveries()
    deliveries.container = SimpleNamespace(service_name="webhooks", config={}, max_workers=10)
    deliveries.publisher = SimpleNamespace(declare=lambda *_: None)

    deliveries.setup()

    assert made == [{"ca_file": "ca.pem"}, {"concurrency": 2, "rate": 7.0, "workers": 10}]
