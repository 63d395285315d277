{{/* The beginning of all names, at most 50 characters. A name that is cut has a hash of the whole, and
     keeps its end. A release that is called as the chart, and is not part of another, needs no end. */}}
{{- define "operator.fullname" -}}
{{- $end := printf "-%s" (.Values.nameOverride | default .Chart.Name) -}}
{{- $begin := .Release.Name -}}
{{- if .Values.fullnameOverride -}}
{{- $begin = .Values.fullnameOverride -}}
{{- $end = "" -}}
{{- else if and .Chart.IsRoot (eq $begin (trimPrefix "-" $end)) -}}
{{- $end = "" -}}
{{- end -}}
{{- $name := printf "%s%s" $begin $end -}}
{{- if or (gt (len $name) 50) (contains "." $name) -}}
{{- $end = $end | trunc 20 | trimSuffix "-" -}}
{{- printf "%s-%s%s" ($begin | replace "." "-" | trunc (int (sub 41 (len $end))) | trimSuffix "-") (sha256sum $name | trunc 8) $end -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* The name of objects of the cluster. A namespace has no dot, so no two pairs of names are one. */}}
{{- define "operator.clusterName" -}}
{{- printf "%s.%s" .Release.Namespace (include "operator.fullname" .) -}}
{{- end -}}

{{/* The argument of those that end in Of, and of podLabels: root and component. */}}
{{- define "operator.selectorLabelsOf" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "operator.selectorLabels" -}}
{{- include "operator.selectorLabelsOf" (dict "root" . "component" "operator") -}}
{{- end -}}

{{/* Without labels that change with the version of the chart: those would restart the operator. */}}
{{- define "operator.podLabels" -}}
{{ include "operator.selectorLabelsOf" . }}
app.kubernetes.io/part-of: mare
{{- with mustMerge (dict) .root.Values.podLabels .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "operator.labelsOf" -}}
{{ include "operator.selectorLabelsOf" . }}
app.kubernetes.io/part-of: mare
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "operator.labels" -}}
{{- include "operator.labelsOf" (dict "root" . "component" "operator") -}}
{{- end -}}

{{/* Name, namespace and labels. The argument: root, component and perhaps the end of the name. */}}
{{- define "operator.metadataOf" -}}
name: {{ printf "%s%s" (include "operator.fullname" .root) (.end | default "") | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels: {{- include "operator.labelsOf" . | nindent 2 }}
{{- end -}}

{{- define "operator.metadata" -}}
{{- include "operator.metadataOf" (dict "root" . "component" "operator") -}}
{{- end -}}

{{/* Name and labels of an object of the cluster: (list . "-pods"), with the end of the name. */}}
{{- define "operator.clusterMetadata" -}}
name: {{ printf "%s%s" (include "operator.clusterName" (index . 0)) (index . 1) | quote }}
labels: {{- include "operator.labels" (index . 0) | nindent 2 }}
{{- end -}}

{{- define "operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "operator.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{/* The label job of the operator's metrics. */}}
{{- define "operator.job" -}}
{{- .Values.metrics.prometheusRule.job | default (printf "%s/%s" .Release.Namespace (include "operator.fullname" .)) -}}
{{- end -}}

{{- define "operator.leaseName" -}}
{{- .Values.leaseName | default (include "operator.fullname" .) -}}
{{- end -}}

{{/* A repository that names its registry is taken as it is. */}}
{{- define "operator.image" -}}
{{- $name := .Values.image.repository -}}
{{- $path := regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" $name "" -}}
{{- if eq $name $path -}}
{{- $registry := dig "imageRegistry" "" .Values.global | default .Values.image.registry | trimSuffix "/" -}}
{{- if not $registry -}}
{{- fail (printf "Set image.registry: this chart is no release, and does not know the registry of %s. See `make images`." $name) -}}
{{- end -}}
{{- $name = printf "%s/%s" $registry $name -}}
{{- end -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- /* A released chart has the digests of its images, by repository and tag, whatever the registry. */ -}}
{{- $released := .Files.Get "files/digests.yaml" | fromYaml -}}
{{- with .Values.image.digest | default (get $released (printf "%s:%s" $path $tag)) -}}
{{- printf "%s@%s" $name . -}}
{{- else -}}
{{- printf "%s:%s" $name $tag -}}
{{- end -}}
{{- end -}}

{{/* Annotations of a hook before an installation or an upgrade, with this weight. */}}
{{- define "operator.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* A value that is true or false, or null for the default: true without namespaces. Empty is false. */}}
{{- define "operator.clusterWide" -}}
{{- $value := index . 1 -}}
{{- $values := (index . 0).Values -}}
{{- if kindIs "bool" $value | ternary $value (and $values.rbac.create (not $values.namespaces)) }}true{{ end -}}
{{- end -}}

{{/* The watched namespaces, as JSON. */}}
{{- define "operator.namespaces" -}}
{{- include "operator.names" (list . .Values.namespaces) -}}
{{- end -}}

{{/* The Secrets that the operator may read, as JSON. */}}
{{- define "operator.secretNames" -}}
{{- include "operator.names" (list . .Values.rbac.secretNames) -}}
{{- end -}}

{{/* Names of the values, each of which may be a template, as JSON without duplicates: (list . NAMES). */}}
{{- define "operator.names" -}}
{{- $ := index . 0 -}}
{{- $names := list -}}
{{- range index . 1 }}{{ $names = append $names (tpl . $) }}{{ end -}}
{{- uniq $names | toJson -}}
{{- end -}}
