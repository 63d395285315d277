"""Hostile callback URLs: each must end before a byte is sent to where it leads."""

from pathlib import Path

_LINES = Path(__file__).with_name("hostile_hosts.txt").read_text(encoding="utf-8").splitlines()
HOSTS = [host for line in _LINES if not line.startswith("# ") for host in line.split()]
HOSTS += [f"{'a' * 64}.com", ".".join(["a" * 62] * 5)]

PORTS = [
    ":80", ":22", ":25", ":6379", ":5672", ":15672", ":2375", ":10250", ":9200", ":444",
    ":8080", ":0", ":65536", ":99999999", ":0443", ":00443", ":", ":+443", ":-443",
    ":443a", ":4_43", ":443:443", ":٤٤٣", ":0x1bb",
]  # fmt: skip

WHOLE = [
    "", "https", "https:", "https:/", "https://", "https:///", "https:///path", "//example.com",
    "/path", "example.com", "https:example.com", "https:/example.com", "https:\\\\example.com",
    "https://\\example.com", "\\\\example.com", "https://example.com\\@127.0.0.1",
    "https://127.0.0.1\\@example.com", "https://example.com@127.0.0.1", "https://a:b@example.com",
    "https://a@example.com", "https://:@example.com", "https://@example.com",
    "https://example.com:443@127.0.0.1", "https://127.0.0.1#@example.com",
    "https://example.com#fragment", "https://example.com/#", "https://example.com?@127.0.0.1#",
    " https://example.com", "https://example.com ", "https:// example.com", "https://exam ple.com",
    "https://example.com/a b", "\thttps://example.com", "ht\ntps://example.com",
    "https://exam\nple.com", "https://example.com\n", "https://example.com/\r\nHost: evil",
    "https://example.com/\x00", "https://example.com/\x7f", "https://example.com/\xff",
    "https://example.com/é", "https://example.com/<x>", 'https://example.com/"', "https://example.com/^",
    "https://example.com/`id`", "https://example.com/|x", "https://example.com/{x}",
    "\u202ehttps://example.com", "https://example.com/" + "x" * 2000,
    "ftp://example.com", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211",
    "ldap://127.0.0.1", "jar:https://example.com!/", "javascript:alert(1)", "data:text/plain,x",
    "ws://example.com", "wss://example.com", "httpss://example.com", "h2://example.com",
    "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock", "http://example.com",
    "http://example.com:443", "http://93.184.215.14", "netdoc:///etc/passwd",
    "mailto:a@example.com", "https://exam\u200bple.com",
]  # fmt: skip


def _of_hosts():
    for host in HOSTS:
        for scheme in ("https", "http"):
            yield f"{scheme}://{host}/hook"


HOSTILE = tuple(
    dict.fromkeys((*_of_hosts(), *(f"https://example.com{port}/hook" for port in PORTS), *WHOLE))
)
"""URLs that differ in more than the scheme."""

ACCEPTABLE = (
    "https://example.com",
    "https://example.com/",
    "https://example.com:443/hook",
    "https://example.com:8443/hook?token=a%20b&c=d",
    "https://hooks.example.co.uk/services/T0/B0/x~y_z-1.2",
    "https://EXAMPLE.com/Hook",
    "HTTPS://example.com/hook",
    "https://8.8.8.8/hook",
    "https://[2a00:1450:4001:80b::200e]:8443/hook",
    "https://example.com?x=1",
    "https://example.com//double/../hook;a=b,c(d)'*!$",
    "https://1password.com/hook",
    "https://a.b.c.d.e.f.example.com/hook",
)
