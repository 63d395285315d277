{{- define "operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The name of objects of the cluster, different for releases of one name in two namespaces. */}}
{{- define "operator.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "operator.fullname" .) -}}
{{- end -}}

{{- define "operator.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Without labels that change with the version of the chart: those would restart the operator. */}}
{{- define "operator.podLabels" -}}
{{ include "operator.selectorLabels" . }}
app.kubernetes.io/part-of: mare
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.selectorLabels" . }}
app.kubernetes.io/part-of: mare
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "operator.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "operator.leaseName" -}}
{{- .Values.leaseName | default (include "operator.fullname" .) -}}
{{- end -}}

{{- define "operator.image" -}}
{{- $name := .Values.image.repository -}}
{{- with .Values.image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.Values.image.tag | default .Chart.AppVersion) -}}
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
{{- if kindIs "bool" $value | ternary $value (not (index . 0).Values.namespaces) }}true{{ end -}}
{{- end -}}

{{/* Whether Pods are marked: null means with namespaces only. Empty is false. */}}
{{- define "operator.markPods" -}}
{{- $value := .Values.rbac.markPods -}}
{{- if kindIs "bool" $value | ternary $value (not (empty .Values.namespaces)) }}true{{ end -}}
{{- end -}}

{{/* The watched namespaces, as JSON; each may be a template. */}}
{{- define "operator.namespaces" -}}
{{- $names := list -}}
{{- range .Values.namespaces }}{{ $names = append $names (tpl . $) }}{{ end -}}
{{- toJson $names -}}
{{- end -}}
