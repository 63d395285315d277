"""Values of an earlier chart, as `helm upgrade --reuse-values` gives them: some are missing."""

import pytest
import yaml

from tests.charts.full_values import FULL
from tests.charts.helm import CHARTS
from tests.charts.playlists.conftest import chart  # noqa: F401 - a fixture

NAMES = ["operator", "rabbitmq", "playlists"]
SUBCHARTS = {"operator", "rabbitmq"}
"""Helm gives these blocks of charts/playlists what the charts below have."""
NULL = {"image.user", "valkey.userId", "postgresql.userId"}
"""Null means something else than the default: any user, as OpenShift needs it."""

REGISTRY = ("image", "registry")
"""A released chart has one; without it nothing is rendered."""


def of(name, chart):  # noqa: F811
    return chart if name == "playlists" else CHARTS / name


def values_of(name):
    return yaml.safe_load((CHARTS / name / "values.yaml").read_text())


def listed(name):
    """Return the paths of values of which the chart knows the default."""
    lines = (CHARTS / name / "files/values.txt").read_text().splitlines()
    return {line.partition(" ")[0] for line in lines}


def leaves(values, above=()):
    """Yield the path of each value that is no block of values."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key)


def without(paths, known=None):
    """Return values that remove these paths, unless they are known."""
    removed = known or {}
    for path in paths:
        *blocks, key = path
        at = removed
        for block in blocks:
            at = at.setdefault(block, {})
        at.setdefault(key, None)
    return removed


def optional(name):
    """Yield the paths of values that an earlier chart may lack, each with all that is below it."""
    known = listed(name)
    for path in leaves(values_of(name)):
        above = (path[: end + 1] for end in range(len(path)))
        removed = next((each for each in above if ".".join(each) in known), path)
        is_own = path[0] not in SUBCHARTS | {"global"} and path != REGISTRY
        if is_own and ".".join(path) not in NULL:
            yield removed


def merged(below, above):
    """Return values in which those of `above` win."""
    both = {
        key: merged(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], dict) and isinstance(above[key], dict)
    }
    return {**below, **above, **both}


@pytest.mark.parametrize("name", NAMES)
def test_without_its_values_a_chart_is_the_same(helm, chart, name):  # noqa: F811
    paths = list(optional(name))
    assert len(paths) > 30
    folder = of(name, chart)

    assert helm.template(folder, without(paths)).objects == helm.template(folder).objects


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_without_its_blocks_a_chart_is_the_same(helm, chart, name, depth):  # noqa: F811
    needed = {each[:depth] for each in (REGISTRY, *(tuple(path.split(".")) for path in NULL))}
    blocks = {path[:depth] for path in optional(name)} - needed
    assert ("metrics", "prometheusRule")[:depth] in blocks
    folder = of(name, chart)

    assert helm.template(folder, without(blocks)).objects == helm.template(folder).objects


def test_with_everything_switched_on_the_charts_are_the_same_too(helm, chart):  # noqa: F811
    removed = without(optional("playlists"))
    for name in SUBCHARTS:
        removed[name] = without(optional(name))
    known = merged(
        {name: values for name, values in values_of("playlists").items() if name in SUBCHARTS}, FULL
    )

    rendered = helm.template(chart, merged(removed, known))

    assert rendered.objects == helm.template(chart, known).objects


@pytest.mark.parametrize("name", NAMES)
def test_blocks_that_are_empty_by_default_may_be_null(helm, chart, name):  # noqa: F811
    empty = ("commonLabels", "podLabels", "podAnnotations", "imagePullSecrets", "global")
    if name == "operator":
        empty += ("crds",)
    folder = of(name, chart)

    rendered = helm.template(folder, dict.fromkeys(empty))

    assert rendered.objects == helm.template(folder).objects
