"""The images are small, run without privileges, and start their programs."""

import ast
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from devcluster.images.engines import engine
from devcluster.images.recipe import COMPONENTS, PROJECT, component
from mare.processes.tcp_ports import free_port
from tests.control_plane import ControlPlane
from tests.integration.images.running import Image, Process
from tests.vhost import Vhost, becomes, eventually

# The first build on a machine downloads all dependencies. Every run of e2e starts all three images.
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

MAX_MEGABYTES = 175
PROGRAMS = {"python", "python3", "python3.13"}
"""In the folders of the system: the programs of the application are in /app/bin."""
WORKFLOW = yaml.safe_load((PROJECT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
IMPORTS = {
    each["image"]: each["imports"]
    for each in WORKFLOW["jobs"]["images"]["strategy"]["matrix"]["include"]
}
"""Modules that the program of each image imports, by which a release tries it."""

MODULES_WITHOUT_BYTECODE = """
import os, sys, {modules}
specs = [getattr(module, "__spec__", None) for module in sys.modules.values()]
print([spec.name for spec in specs if spec and spec.has_location and spec.origin.endswith(".py")
       and not os.path.exists(spec.cached)])
"""


@pytest.fixture(scope="module")
def images() -> Iterator[Mapping[str, Image]]:
    """All images, built from the work tree."""
    builder = engine()
    base = builder.base()
    with ExitStack() as stack:
        built = {}
        for name in COMPONENTS:
            tag = f"mare/{name}:test"
            builder.build(component(name, base), tag)
            built[name] = stack.enter_context(Image(builder, tag))
        yield built


@pytest.fixture(params=COMPONENTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def image(images: Mapping[str, Image], name: str) -> Image:
    return images[name]


SYSTEM = """
import os
folders = "/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin".split()
print([name for each in folders if os.path.isdir(each) for name in os.listdir(each)])
"""
LOADED = """
import ctypes, pathlib, sys
for file in [*pathlib.Path("/app").rglob("*.so*"), *pathlib.Path("/usr").rglob("*.so*")]:
    try:
        ctypes.CDLL(str(file))
    except OSError as error:
        if "undefined symbol" not in str(error) and file.is_file():
            print(file, error)
"""
WRITABLE = """
import os
for folder in ("/", "/app", "/tmp", "/usr", "/run", "/var"):
    try:
        open(folder + "/x", "w")
        print(folder)
    except OSError:
        pass
"""
OWNED = """
import os, pathlib
for path in pathlib.Path("/app").rglob("*"):
    status = path.lstat()
    if status.st_uid == 65532 or (status.st_mode & 0o022 and not path.is_symlink()):
        print(path)
"""
LEFT = """
import pathlib
for folder in ("/app", "/usr/share"):
    for path in pathlib.Path(folder).rglob("*"):
        if path.suffix == ".whl" or path.name == "tests":
            print(path)
"""


def test_an_image_is_small(image: Image) -> None:
    assert 50 < image.megabytes <= MAX_MEGABYTES


def test_an_image_has_no_program_but_python(image: Image) -> None:
    """Neither a shell nor a package manager: an intruder finds none, and none needs an update."""
    assert set(ast.literal_eval(image.output("python", "-c", SYSTEM))) <= PROGRAMS


def test_each_library_finds_those_that_it_needs(image: Image) -> None:
    assert image.output("python", "-c", LOADED) == ""


def test_certificates_and_time_zones_are_there(image: Image) -> None:
    script = (
        "import ssl, zoneinfo; zoneinfo.ZoneInfo('America/Recife');"
        "print(len(ssl.create_default_context().get_ca_certs()))"
    )
    assert int(image.output("python", "-c", script)) > 50


def test_scanners_find_the_packages_of_the_system(image: Image) -> None:
    script = "import os; print(os.listdir('/var/lib/dpkg/status.d'))"
    packages = set(ast.literal_eval(image.output("python", "-c", script)))
    assert {"libc6", "libssl3t64", "tzdata", "ca-certificates"} <= packages


def test_labels_name_title_licence_version_and_revision(image: Image, name: str) -> None:
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.title"] == f"Maré {name}"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    installed = image.output(
        "python", "-c", f"import importlib.metadata as m; print(m.version('mare-{name}'))"
    )
    assert labels["org.opencontainers.image.version"] == installed.strip()
    assert len(labels["org.opencontainers.image.revision"]) in (len("unknown"), 40)


def test_the_user_has_no_privileges_and_cannot_write(image: Image) -> None:
    assert image.config["User"] == "65532:65532"
    status = image.output("python", "-c", "print(open('/proc/self/status').read())")
    assert "Uid:\t65532\t65532" in status
    assert "CapEff:\t0000000000000000" in status
    assert image.output("python", "-c", WRITABLE) == ""


def test_the_user_owns_no_file_of_the_application(image: Image) -> None:
    """Even if the root file system is writable, a process cannot change its code."""
    assert image.output("python", "-c", OWNED) == ""


def test_an_image_has_no_build_tools_and_no_installers(image: Image) -> None:
    names = "import os; print(os.listdir('/app/bin'))"
    programs = ast.literal_eval(image.output("python", "-c", names))
    assert not {"pip", "pip3", "uv", "hatchling"} & set(programs)
    for module in ("pip", "ensurepip", "setuptools", "hatchling"):
        answer = image.attempt("python", "-c", f"import {module}")
        assert "ModuleNotFoundError" in answer.stdout, module
    assert image.output("python", "-c", LEFT) == ""


def test_every_imported_module_has_bytecode(image: Image, name: str) -> None:
    missing = image.output(
        "python", "-W", "ignore", "-c", MODULES_WITHOUT_BYTECODE.format(modules=IMPORTS[name])
    )
    assert ast.literal_eval(missing) == []


def test_no_folder_shadows_the_standard_library(image: Image) -> None:
    for module in ("operator", "queue", "types"):
        file = image.output("python", "-c", f"import {module}; print({module}.__file__)")
        assert not file.startswith("/app")


def test_a_service_gets_ready_and_stops(images: Mapping[str, Image], vhost: Vhost) -> None:
    port = free_port()
    settings = {"AMQP_URI": vhost.amqp_uri, "RUNTIME_HEALTH_PORT": str(port)}
    with images["services"].started("weather", **settings) as service:
        eventually(lambda: _answers(service, f"http://127.0.0.1:{port}/readyz"), 60)
        becomes(lambda: vhost.depth("rpc-weather").consumers, 1)
        assert service.stop() == 0, service.log()
        assert "ERROR" not in service.log()


def test_the_gateway_gets_ready_and_stops(images: Mapping[str, Image], vhost: Vhost) -> None:
    port = free_port()
    settings = {
        "AMQP_URI": vhost.amqp_uri,
        "GATEWAY_PORT": str(free_port()),
        "GATEWAY_HEALTH_PORT": str(port),
    }
    with images["gateway"].started(**settings) as gateway:
        eventually(lambda: _answers(gateway, f"http://127.0.0.1:{port}/readyz"), 60)
        assert gateway.stop() == 0, gateway.log()


def test_the_image_of_the_services_prints_usage_without_arguments(
    images: Mapping[str, Image],
) -> None:
    with images["services"].started() as process:
        eventually(lambda: not process.alive())
        assert "usage: mare-nameko" in process.log()


def test_the_operator_names_an_invalid_setting(images: Mapping[str, Image]) -> None:
    assert "mare, version" in images["operator"].output("mare", "--version")
    with images["operator"].started(KUBECONFIG="/nowhere", MARE_TICK_SECONDS="soon") as process:
        eventually(lambda: not process.alive())
        assert "MARE_TICK_SECONDS='soon'" in process.log()


def test_the_operator_gets_ready_as_a_user_without_a_name(
    images: Mapping[str, Image], api_server: ControlPlane, crd: Path, namespace: str, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(api_server.kubeconfig.read_text())
    tmp_path.chmod(0o755)
    port = free_port()
    settings = {
        "KUBECONFIG": "/mnt/kubeconfig",
        "TMPDIR": "/dev/shm",  # kubeconfig certificates are written there; a Pod has none
        "MARE_NAMESPACES": namespace,
        "POD_NAMESPACE": namespace,
        "MARE_PORT": str(port),
        "MARE_DASHBOARD_PORT": str(free_port()),
    }
    with images["operator"].started(folder=tmp_path, **settings) as operator:
        eventually(lambda: _answers(operator, f"http://127.0.0.1:{port}/readyz"), 60)
        assert operator.stop() == 0, operator.log()


def _answers(process: Process, url: str) -> bool:
    assert process.alive(), process.log()
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
