"""Copy into a folder what Python programs need of an operating system, and nothing else.

    python3 minimal_root.py TARGET

The interpreter with its standard library, the shared libraries of both, those that wheels expect of
any Linux, the data of time zones, and the names of users. No shell, no package manager, no other
program. Certificates are copied by the Dockerfile: a build may see those of its machine.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_UNUSED = ("config-*", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "test")
_UNUSED_TOO = ("tests", "tkinter", "turtledemo", "dist-packages", "sitecustomize.py")
_OF_WHEELS = (
    *("libgcc_s.so.1", "libstdc++.so.6", "libz.so.1"),
    *("libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libutil.so.1", "libresolv.so.2"),
)
"""What wheels may use (PEP 599). The end of a thread needs libgcc."""
_DATA = (
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/ld.so.cache"),
    *("/etc/os-release", "/usr/lib/os-release", "/etc/debian_version"),
    *("/usr/share/zoneinfo", "/usr/lib/locale/C.utf8"),
)
_CERTIFICATES = Path("/usr/share/ca-certificates/mozilla")
_MOUNTED = ("dev", "mnt", "proc", "run", "sys")
_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64"}
"""As in Debian, where these folders are one with those of /usr."""


def main() -> None:
    target = Path(sys.argv[1])
    for link, folder in _LINKS.items():
        (target / folder).mkdir(parents=True, exist_ok=True)
        (target / link).symlink_to(folder)
    files = [*_interpreter(), *_libraries(), *(Path(each) for each in _DATA)]
    for file in files:
        _copy(file, target)
    library = Path(sysconfig.get_path("stdlib"))
    ignored = shutil.ignore_patterns(*_UNUSED, *_UNUSED_TOO)
    shutil.copytree(library, _within(target, library), symlinks=True, ignore=ignored)
    extension = next(library.glob("lib-dynload/*.so"))
    _describe_packages([*files, library / "os.py", extension, _CERTIFICATES], target)
    for folder in _MOUNTED:
        (target / folder).mkdir()
    (target / "var/run").symlink_to("/run")
    (target / "tmp").mkdir()
    (target / "tmp").chmod(0o1777)


def _interpreter() -> Iterator[Path]:
    """Yield the program and the links that lead to it."""
    program = Path(sys.executable).resolve()
    for name in ("python", "python3", program.name):
        if (found := program.with_name(name)).exists():
            yield found


def _libraries() -> Iterator[Path]:
    """Yield the loader and the shared libraries, as the loader finds them."""
    program = Path(sys.executable).resolve()
    extensions = Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("*.so")
    output = _run("ldd", str(program), *map(str, extensions))
    found = set(re.findall(r"(?:=> )?(/\S+) \(0x", output))
    cache = _run("ldconfig", "-p")
    for name in _OF_WHEELS:
        found |= set(re.findall(rf"^\s*{re.escape(name)} .* => (\S+)$", cache, re.MULTILINE))
    return (Path(each) for each in sorted(found))


def _copy(file: Path, target: Path) -> None:
    """Copy a file or folder with the links on its way; one that does not exist is left out."""
    if not file.exists():
        return
    copied = _within(target, file)
    if copied.exists() or copied.is_symlink():
        return
    copied.parent.mkdir(parents=True, exist_ok=True)
    if file.is_symlink():
        copied.symlink_to(file.readlink())
        _copy(file.parent / file.readlink(), target)
    elif file.is_dir():
        shutil.copytree(file, copied, symlinks=True)
    else:
        shutil.copy2(file, copied)


def _within(target: Path, path: Path) -> Path:
    """Return where a path is below the target, whose folders of /usr have no other names."""
    folder = path.parent.resolve()
    return target / folder.relative_to("/") / path.name


def _describe_packages(files: list[Path], target: Path) -> None:
    """Write what the package manager knows of the copied files: scanners read it."""
    real = {str(file.resolve()) for file in files if file.exists()}
    answer = subprocess.run(
        ["dpkg", "-S", *sorted(real)], check=False, capture_output=True, text=True
    )
    names = sorted({line.partition(": ")[0].split(":")[0] for line in answer.stdout.splitlines()})
    folder = target / "var/lib/dpkg/status.d"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(_run("dpkg-query", "--status", name))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
