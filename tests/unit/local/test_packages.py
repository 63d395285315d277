"""Installing a server's package without starting the server."""

from pathlib import Path

import pytest

from local.packages import services_do_not_start


def test_nothing_may_start_meanwhile_and_no_policy_is_left_behind(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with services_do_not_start(policy):
        assert policy.read_text().endswith("exit 101\n")
        assert policy.stat().st_mode & 0o111
    assert not list(tmp_path.iterdir())


def test_the_machines_own_policy_comes_back_even_after_an_error(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n")
    policy.chmod(0o755)
    with pytest.raises(RuntimeError), services_do_not_start(policy):
        raise RuntimeError
    assert policy.read_text() == "#!/bin/sh\nexit 104\n"
    assert [path.name for path in tmp_path.iterdir()] == ["policy-rc.d"]


def test_a_policy_that_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with services_do_not_start(policy):
        left = policy.read_text()
    policy.write_text(left)
    with services_do_not_start(policy):
        pass
    assert not policy.exists()
