"""``mare-nameko run`` finds a service class, and reports why if it finds none."""

import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from mare_nameko.service import command
from mare_nameko.service.runner import Exit

SHOP = """
class Shop:
    name = "shop"

class Nothing:
    pass

number = 1
"""


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Serve nothing, and return what would have been served."""
    (tmp_path / "shop_of_test.py").write_text(SHOP)
    (tmp_path / "broken_of_test.py").write_text("import no_such_module_of_test")
    installed = EntryPoint("shop", "shop_of_test:Shop", command.GROUP)

    def entry_points(group, **which):
        assert group == command.GROUP
        return EntryPoints([installed]).select(**which)

    served = []
    monkeypatch.setattr(command, "serve", served.append)
    monkeypatch.setattr(command, "entry_points", entry_points)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    yield served
    sys.modules.pop("shop_of_test", None)


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["mare-nameko", *arguments])
    command.run()


@pytest.mark.parametrize("name", ["shop", "shop_of_test:Shop"])
def test_a_service_is_found_by_its_short_name_and_in_the_working_folder(served, monkeypatch, name):
    run(monkeypatch, "run", name)

    assert [(found.__name__, found.name) for found in served] == [("Shop", "shop")]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "bank",
            "There is no service 'bank'. Short names: shop. Or give package.module:ClassName.",
        ),
        ("shop_of_test:Bank", "There is no class 'Bank' in shop_of_test."),
        ("shop_of_test:number", "There is no class 'number' in shop_of_test."),
        ("shop_of_test:Nothing", "shop_of_test:Nothing is no service: it has no attribute 'name'."),
        ("bank_of_test:Bank", "There is no module bank_of_test."),
        ("bank_of_test.inner:Bank", "There is no module bank_of_test.inner."),
    ],
)
def test_a_name_that_leads_to_no_service_ends_the_command(
    served, monkeypatch, capsys, name, sentence
):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "run", name)

    assert ended.value.code == Exit.MISCONFIGURED
    assert capsys.readouterr().err == f"{sentence}\n"
    assert served == []


def test_a_module_that_a_service_lacks_is_not_hidden(served, monkeypatch):
    with pytest.raises(ModuleNotFoundError, match="no_such_module_of_test"):
        run(monkeypatch, "run", "broken_of_test:Shop")


@pytest.mark.parametrize("arguments", [[], ["run"]])
def test_without_a_service_the_command_shows_its_usage(served, monkeypatch, capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, *arguments)

    assert ended.value.code == 2
    assert "usage: mare-nameko" in capsys.readouterr().err


def test_the_help_names_the_installed_services(served, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, "run", "--help")

    text = " ".join(capsys.readouterr().out.split())
    assert "package.module:ClassName, or one of: shop" in text
