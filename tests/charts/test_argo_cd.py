"""Argo CD, as it is installed, applies all that a chart renders."""

from tests.charts.full_values import FULL
from tests.charts.helm import Helm
from tests.charts.playlists.conftest import chart  # noqa: F401 - a fixture

EXCLUDED = {
    *("Endpoints", "EndpointSlice", "APIService", "Lease"),
    *("SelfSubjectReview", "TokenReview", "LocalSubjectAccessReview", "SelfSubjectAccessReview"),
    *("SelfSubjectRulesReview", "SubjectAccessReview"),
    *("CertificateSigningRequest", "CertificateRequest"),
}
"""Kinds of resource.exclusions in manifests/base/config/argocd-cm.yaml of Argo CD 3, without those
of Cilium and Kyverno."""


def test_the_whole_release_renders_no_kind_that_argo_cd_leaves_out(helm: Helm, chart):  # noqa: F811
    kinds = {each["kind"] for each in helm.template(chart, FULL)}

    assert not kinds & EXCLUDED
