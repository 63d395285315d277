"""The certificate authorities of receivers."""

import base64
from types import SimpleNamespace

from mare_services.webhooks import service
from mare_services.webhooks.service import Deliveries


def test_certificates_are_verified_with_the_authorities_of_the_setting(monkeypatch):
    transports = []
    monkeypatch.setattr(
        service, "HttpTransport", lambda _resolver, **options: transports.append(options)
    )
    monkeypatch.setenv("WEBHOOKS_SECRETS", f"whsec_{base64.b64encode(bytes(32)).decode()}")
    monkeypatch.setenv("WEBHOOKS_CA_FILE", "ca.pem")
    deliveries = Deliveries()
    deliveries.container = SimpleNamespace(service_name="webhooks", config={}, max_workers=10)
    deliveries.publisher = SimpleNamespace(declare=lambda *_: None)

    deliveries.setup()

    assert transports == [{"ca_file": "ca.pem"}]
