"""A user's own cluster is used only when it is named, and completely described."""

import pytest

from devcluster import CannotRun
from devcluster.choosing import named_context


def test_without_a_name_no_context_of_the_user_is_read() -> None:
    assert named_context({"KUBECONFIG": "/nowhere"}) is None
    assert named_context({"MARE_KUBECONTEXT": ""}) is None


def test_an_incomplete_context_error_names_the_missing_variables() -> None:
    with pytest.raises(CannotRun, match=r"MARE_REGISTRY .* and MARE_INGRESS"):
        named_context({"MARE_KUBECONTEXT": "mine"})
    with pytest.raises(CannotRun, match=r"set also MARE_INGRESS"):
        named_context({"MARE_KUBECONTEXT": "mine", "MARE_REGISTRY": "localhost:5000"})
