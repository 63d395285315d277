"""A name server on UDP whose answers can change with each question."""

import socket
import threading
from collections import Counter
from itertools import cycle

import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset


class DnsServer:
    """Answers from ``zone``: for each name and type the answers in turn, each a list of values.

    A name that is missing does not exist. A value that ends with a dot is a CNAME, and the
    addresses of its name are added. A number instead of a list is the code of an error.
    """

    def __init__(self, zone):
        self._zone = {key: cycle(answers) for key, answers in zone.items()}
        self._names = {name for name, _ in zone}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.questions = Counter()

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._socket.sendto(b"", self._socket.getsockname())

    def resolver(self):
        """Return a resolver of dnspython that asks this server."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._socket.getsockname()[1]
        return resolver

    def _serve(self):
        with self._socket:
            while True:
                question, client = self._socket.recvfrom(4096)
                if not question:
                    return
                self._socket.sendto(self._answer(question), client)

    def _answer(self, wire):
        query = dns.message.from_wire(wire)
        entry = query.question[0]
        name, kind = entry.name.to_text().rstrip("."), dns.rdatatype.to_text(entry.rdtype)
        self.questions[name, kind] += 1
        response = dns.message.make_response(query)
        if name not in self._names:
            response.set_rcode(3)
            return response.to_wire()
        values = next(self._zone.get((name, kind), cycle([[]])))
        if isinstance(values, int):
            response.set_rcode(values)
            return response.to_wire()
        owner = f"{name}."
        if values and values[0].endswith("."):
            response.answer.append(dns.rrset.from_text(owner, 0, "IN", "CNAME", values[0]))
            owner, values = values[0], next(self._zone[values[0].rstrip("."), kind])
        if values:
            response.answer.append(dns.rrset.from_text(owner, 0, "IN", kind, *values))
        return response.to_wire()
