"""``mare-gateway keys``: create, list and revoke API keys in a file."""

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mare_gateway.keys import SCOPES, ApiKey, KeySet, new_key


def run(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="mare-gateway keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser(
        "new", help="create a key, add its hash to the file and print it once"
    )
    new.add_argument("--name", required=True, help="the client; several keys may have one name")
    new.add_argument(
        "--scopes", default=",".join(SCOPES), help=f"of {', '.join(SCOPES)}; default: all"
    )
    new.add_argument("--days", type=int, help="days until the key expires; default: never")
    commands.add_parser("list", help="list the keys of the file")
    revoke = commands.add_parser("revoke", help="remove a key from the file")
    revoke.add_argument("id", help="the id that list prints")
    for command in commands.choices.values():
        command.add_argument(
            "--file",
            type=Path,
            default=os.environ.get("GATEWAY_KEYS_FILE") or "keys.json",
            help="default: GATEWAY_KEYS_FILE, else keys.json",
        )
    options = parser.parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except (OSError, ValueError) as error:
        parser.error(f"{options.file}: {error}")


def _new(options: argparse.Namespace) -> None:
    scopes = tuple(part.strip() for part in options.scopes.split(",") if part.strip())
    now = datetime.now(UTC).replace(microsecond=0)
    expires = now + timedelta(days=options.days) if options.days else None
    key, entry = new_key(options.name, scopes, now, expires)
    _write(options.file, KeySet([*_read(options.file).keys, entry]))
    sys.stderr.write(f"Added key {entry.id} of {entry.name} to {options.file}. It is shown once:\n")
    sys.stdout.write(f"{key}\n")


def _list(options: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    for key in _read(options.file).keys:
        sys.stdout.write(f"{key.id}  {key.name}  {','.join(key.scopes)}  {_validity(key, now)}\n")


def _validity(key: ApiKey, now: datetime) -> str:
    if key.expires is None:
        return "does not expire"
    return f"{'expires' if key.is_valid(now) else 'expired'} {key.expires:%Y-%m-%d}"


def _revoke(options: argparse.Namespace) -> None:
    keys = _read(options.file).keys
    kept = [key for key in keys if key.id != options.id]
    if len(kept) == len(keys):
        raise ValueError(f"there is no key {options.id}")
    _write(options.file, KeySet(kept))
    sys.stderr.write(f"Revoked key {options.id}.\n")


def _read(path: Path) -> KeySet:
    return KeySet.read(path.read_bytes()) if path.exists() else KeySet([])


def _write(path: Path, keys: KeySet) -> None:
    """Replace the file at once, readable by its owner only."""
    with tempfile.NamedTemporaryFile(dir=path.absolute().parent, delete=False) as file:
        file.write(keys.write())
    Path(file.name).replace(path)


_COMMANDS = {"new": _new, "list": _list, "revoke": _revoke}
