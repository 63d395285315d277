"""One operator for many tests, each in a namespace of its own: a start costs a second."""

from pathlib import Path

import yaml

from tests.control_plane import ControlPlane
from tests.integration.operator.process import Operator
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import write_kubeconfig

_NAMESPACES = [f"shared-{number}" for number in range(40)]


class SharedOperator:
    """Looks after namespaces that are there from the start; each goes to one test."""

    def __init__(self, api_server: ControlPlane, folder: Path) -> None:
        home = _NAMESPACES[0]
        documents = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in _NAMESPACES
        ]
        documents += rights_in(home, _NAMESPACES)
        api_server.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(documents))
        kubeconfig = write_kubeconfig(api_server, home, folder)
        settings = {"MARE_NAMESPACES": ",".join(_NAMESPACES)}
        self.operator = Operator(folder, kubeconfig, home, **settings)
        self._free = iter(_NAMESPACES)

    def namespace(self) -> str:
        """One that no test has had."""
        return next(self._free)
