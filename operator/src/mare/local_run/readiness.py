"""Ask a process whether it is ready, and if not, why."""

import asyncio

_SECONDS = 2.0
_LONGEST_ANSWER = 4096


async def unready(port: int, path: str = "/readyz") -> str | None:
    """Return None if ``path`` on this machine's ``port`` says 200, else what it says."""
    try:
        async with asyncio.timeout(_SECONDS):
            head, _, body = (await _get(path, port)).partition("\r\n\r\n")
    except (OSError, TimeoutError):
        return "does not answer"
    return None if head.split()[1:2] == ["200"] else body.strip()


async def _get(path: str, port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        return (await reader.read(_LONGEST_ANSWER)).decode(errors="replace")
    finally:
        writer.close()
