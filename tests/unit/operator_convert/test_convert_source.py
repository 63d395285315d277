import pytest
import yaml
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from mare.convert.conversion import convert
from mare.convert.findings import Outcome
from mare.convert.report import manifests, text
from mare.documents import tree
from mare.documents.tree import LAST_APPLIED, InputError, leaves, masked, spelled
from mare.documents.tree import parse_objects as parse
from tests.unit.examples import examples
from tests.unit.operator_convert.inputs import scaledobject

HEAD = "apiVersion: v1\nkind: Thing\n"


def test_values_know_their_line_and_path():
    [document] = parse(f"{HEAD}spec:\n  items:\n    - a: 1\n      b: {{}}\n    - []\n", "x.yaml")
    found = {spelled(path): node.line for path, node in leaves(document.root)}
    assert found == {
        "apiVersion": 1,
        "kind": 2,
        "spec.items[0].a": 5,
        "spec.items[0].b": 6,
        "spec.items[1]": 7,
    }


def test_each_document_of_a_stream_is_an_object_and_empty_ones_are_none():
    documents = parse(f"---\n{HEAD}---\n---\n# nothing\n---\n{HEAD}", "x.yaml")
    assert [document.root.line for document in documents] == [2, 8]


def test_anchors_and_merges_are_values_of_each_place():
    text = f"{HEAD}a: &a {{x: 1, y: 2}}\nb: *a\nc: &c {{<<: *a, y: 3}}\nd: *c\n"
    [document] = parse(text, "x.yaml")
    values = {spelled(path): node.text for path, node in leaves(document.root)}
    assert values["b.x"] == "1"
    assert (values["c.x"], values["c.y"]) == (values["d.x"], values["d.y"]) == ("1", "3")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("a: [1", "x.yaml:1: expected ',' or ']'"),
        ("a: b: c", "x.yaml:1: mapping values are not allowed here"),
        (f"{HEAD}a: 1\na: 2\n", "x.yaml:4: the key a is duplicated"),
        (f"{HEAD}? [a]\n: 1\n", "x.yaml:3: a key has to be a scalar"),
        (f"{HEAD}<<: {{? [a] : 1}}\n", "x.yaml:3: a key has to be a scalar"),
        ("- 1\n", "x.yaml:1: the document has to be a mapping"),
        ("name: x\n", "x.yaml:1: not a Kubernetes object"),
        ("just words\n", "x.yaml:1: the document has to be a mapping"),
        (f"{HEAD}a: {{{{ .Values.a }}}}\n", "(a template? render it first)"),
        (f"{HEAD}a: &a [*a]\n", "nested deeper than 64"),
        ("a: \x00\n", "x.yaml:1: unacceptable character"),
        (f"{HEAD}a: *nowhere\n", "x.yaml:3: found undefined alias"),
        ("[" * 1000, "x.yaml:1: "),
    ],
)
def test_a_document_that_is_no_kubernetes_object_is_reported_with_its_line(given, problem):
    with pytest.raises(InputError) as error:
        parse(given, "x.yaml")
    assert problem in str(error.value)


PIECES = ["a", "b", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "? ", "&x ", "*x", "<<"]
PIECES += [
    "!!int ",
    "!t ",
    "|",
    ">",
    "'",
    '"',
    "#",
    "---\n",
    "...\n",
    "%",
    "@",
    "1",
    "~",
    "\t",
    HEAD,
]


@settings(max_examples=examples(300), deadline=None)
@given_any(st.lists(st.sampled_from(PIECES) | st.characters(), max_size=25).map("".join))
def test_any_text_is_read_or_refused_with_its_place(given):
    for whole in (given, HEAD + given):
        conversion = _converted_or_refused(whole)
        if isinstance(conversion, str):
            assert conversion.startswith("x.yaml:")
        else:
            assert all(result.findings for result in conversion.results)


def _converted_or_refused(text):
    try:
        return convert([("x.yaml", text)])
    except InputError as error:
        return str(error)


def test_aliases_that_multiply_are_stopped(monkeypatch):
    monkeypatch.setattr(tree, "MAX_VALUES", 1000)
    lines = [f"{HEAD}a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 8)]
    with pytest.raises(InputError, match="more than 1,000 values"):
        parse("\n".join(lines), "x.yaml")


def test_too_long_a_text_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(tree, "MAX_CHARACTERS", 10)
    with pytest.raises(InputError, match="more than 10 characters"):
        parse(HEAD, "x.yaml")


@pytest.mark.parametrize(
    ("spelling", "shown"),
    [
        ('"20"', '"20"'),
        ("amqp://u:p@h:5672/v", "amqp://***@h:5672/v"),
        ("amqp://u:p@s/s@h/", "amqp://***@h/"),
        ("|\n  two\n  lines", "| two lines"),
        ("x" * 200, "x" * 77 + "..."),
    ],
)
def test_a_value_is_shown_on_one_line_without_credentials(spelling, shown):
    assert masked(spelling) == shown


@pytest.mark.parametrize(
    "given",
    [
        "kind: Secret\ndata: {kind: aGVsbG8=, type: c2VjcmV0}\nstringData: {a: geheim}",
        "kind: X\nhost: user:geheim@rabbit",
        "kind: X\nhost: amqp://user:geheim@rabbit/",
        f"kind: X\nmetadata: {{annotations: {{{LAST_APPLIED}: geheim}}}}",
        "kind: X\nspec: {credential: {token: geheim}}",
    ],
)
def test_what_is_secret_is_not_shown(given):
    [document] = parse(f"apiVersion: v1\n{given}", "x.yaml")
    shown = [node.spelling for _, node in leaves(document.root)]
    assert not any(word in shown for word in ("aGVsbG8=", "c2VjcmV0"))
    assert "geheim" not in " ".join(shown)
    assert any("***" in spelling for spelling in shown)


@pytest.mark.parametrize("control", ["\n", "\r", "\x1b[2J", "\x85", "\u2028"])
def test_no_name_writes_lines_of_the_output_or_of_the_report(control):
    name = f"orders{control}kind: Role"
    given = scaledobject()
    given["metadata"] |= {"namespace": name, "labels": {name: "a"}, "annotations": {"a": name}}
    conversion = convert([("x.yaml", yaml.safe_dump(given))])
    [result] = conversion.results
    assert result.manifest is not None
    assert yaml.safe_load(manifests(conversion)) == result.manifest.data()
    lines = text(conversion, detailed=True).removesuffix("\n").split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("kind: Role") for line in lines)


def test_the_objects_of_a_list_are_converted_one_by_one():
    items = [scaledobject(), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}]
    listed = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}
    conversion = convert([("x.yaml", yaml.safe_dump(listed))])
    assert [result.document.kind for result in conversion.results] == [
        "ScaledObject",
        "ConfigMap",
    ]
    assert {result.document.file for result in conversion.results} == {"x.yaml"}
    assert len(conversion.converted) == 1
    assert "unchanged: ConfigMap x" in text(conversion, detailed=True)


@pytest.mark.parametrize(
    ("version", "kind", "why"),
    [
        ("keda.sh/v1", "ScaledJob", "only keda.sh/v1alpha1 is supported"),
        ("keda.k8s.io/v1alpha1", "ScaledObject", "upgrade the object to KEDA 2"),
        ("eventing.keda.sh/v1alpha1", "CloudEventSource", "no equivalent"),
    ],
)
def test_other_objects_of_keda_are_refused(version, kind, why):
    given = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}
    conversion = convert([("x.yaml", yaml.safe_dump(given))])
    assert conversion.exit_code == 1
    assert conversion.outcomes == {Outcome.REFUSED: 3}
    assert why in text(conversion)
