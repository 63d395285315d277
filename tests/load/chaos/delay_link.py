"""Delays the packets to some addresses: ``delay_link.py SECONDS ADDRESS...`` in a Pod's network.

A TUN device takes the packets, which leave by eth0 after SECONDS. The device and its routes end
with the process. It needs /dev/net/tun, and no netem. It prints a line as soon as it delays.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

_TUNSETIFF, _TUN_NO_PI = 0x400454CA, 0x1001
_DEVICE = "chaos0"
_LARGEST = 65535


def main(seconds: float, *addresses: str) -> None:
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _TUN_NO_PI))
    own = _ip("-4", "-o", "address", "show", "dev", "eth0").split()[3].partition("/")[0]
    for name in ("all", "eth0"):  # answers come by eth0, where no route leads any more
        Path(f"/proc/sys/net/ipv4/conf/{name}/rp_filter").write_text("0")
    _ip("link", "set", _DEVICE, "up")
    for address in addresses:
        if address != own:
            _ip("route", "replace", f"{address}/32", "dev", _DEVICE, "src", own)
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    sys.stdout.write("delays packets\n")
    sys.stdout.flush()
    held: deque[tuple[float, bytes]] = deque()
    while True:
        left = max(0.0, held[0][0] - time.monotonic()) if held else None
        if select.select([tun], [], [], left)[0]:
            held.append((time.monotonic() + seconds, os.read(tun, _LARGEST)))
        while held and held[0][0] <= time.monotonic():
            packet = held.popleft()[1]
            if packet[0] >> 4 == 4:
                out.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))


def _ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(float(sys.argv[1]), *sys.argv[2:])
