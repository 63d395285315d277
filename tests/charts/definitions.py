"""Definitions of the custom resources of other projects that charts bring objects of."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from devcluster.programs import go

_MODULES = Path(__file__).parent / "modules"
_FOLDERS = {
    "sigs.k8s.io/gateway-api": "config/crd/standard",
    "github.com/rabbitmq/cluster-operator/v2": "config/crd/bases",
    "github.com/prometheus-operator/prometheus-operator": "example/prometheus-operator-crd",
}
_WANTED = ("httproutes", "servicemonitors", "podmonitors", "prometheusrules", "rabbitmqclusters")


def definitions() -> Iterator[Path]:
    """Yield the file of each definition; downloads two modules the first time."""
    answer = subprocess.run(
        [go((1, 25)), "mod", "download", "-json", *_FOLDERS],
        cwd=_MODULES,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    decoder, text = json.JSONDecoder(), answer.stdout.lstrip()
    while text:
        module, end = decoder.raw_decode(text)
        text = text[end:].lstrip()
        folder = Path(module["Dir"], _FOLDERS[module["Path"]])
        yield from (file for name in _WANTED for file in folder.glob(f"*_{name}.yaml"))
