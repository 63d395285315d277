{{- define "playlists.base" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The argument of these two: a dict of root and component. */}}
{{- define "playlists.name" -}}
{{- printf "%s-%s" (include "playlists.base" .root) .component -}}
{{- end -}}

{{- define "playlists.selectorLabels" -}}
app.kubernetes.io/name: playlists
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Without labels that change with the version of the chart: those would restart all Pods. */}}
{{- define "playlists.podLabels" -}}
{{ include "playlists.selectorLabels" . }}
app.kubernetes.io/part-of: mare
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "playlists.labels" -}}
{{ include "playlists.selectorLabels" . }}
app.kubernetes.io/part-of: mare
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name, namespace and labels. */}}
{{- define "playlists.metadata" -}}
name: {{ include "playlists.name" . }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "playlists.labels" . | nindent 2 }}
{{- end -}}

{{/* The argument: a dict of root and image. */}}
{{- define "playlists.image" -}}
{{- $name := .image.repository -}}
{{- with .root.Values.image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The values of a service, merged with serviceDefaults, as JSON. The argument: root and component. */}}
{{- define "playlists.service" -}}
{{- $own := get .root.Values.services .component | default dict -}}
{{- mustMergeOverwrite (deepCopy .root.Values.serviceDefaults) (deepCopy $own) | toJson -}}
{{- end -}}

{{/* Names of the services, as JSON. null removes one. */}}
{{- define "playlists.serviceNames" -}}
{{- $names := list -}}
{{- range $name, $own := .Values.services -}}
{{- if not (kindIs "invalid" $own) -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* Names of services that can have zero replicas, joined by commas. */}}
{{- define "playlists.resting" -}}
{{- $names := list -}}
{{- range $name := include "playlists.serviceNames" . | fromJsonArray -}}
{{- $service := include "playlists.service" (dict "root" $ "component" $name) | fromJson -}}
{{- if and $service.autoscaling.enabled (eq 0 (int $service.autoscaling.minReplicas)) -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- join ", " $names -}}
{{- end -}}

{{/* Rules for DNS and for these ports at any address. The argument: root and ports. */}}
{{- define "playlists.egress" -}}
- ports:
    {{- range .root.Values.networkPolicy.dnsPorts }}
    - {port: {{ . }}, protocol: UDP}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
- ports:
    {{- range uniq .ports }}
    - {port: {{ . }}}
    {{- end }}
{{- end -}}

{{/* Whether a Job fills the Secret of Valkey; empty if not. */}}
{{- define "playlists.fillsValkeySecret" -}}
{{- $valkey := .Values.valkey -}}
{{- if and $valkey.enabled (not $valkey.existingSecret) (not $valkey.externalSecretName) }}true{{ end -}}
{{- end -}}

{{/* Name of the Secret with the URI of Valkey; empty without one. */}}
{{- define "playlists.valkeySecret" -}}
{{- $valkey := .Values.valkey -}}
{{- if $valkey.externalSecretName -}}
{{- $valkey.externalSecretName -}}
{{- else if $valkey.enabled -}}
{{- $valkey.existingSecret | default (include "playlists.name" (dict "root" . "component" "valkey")) -}}
{{- end -}}
{{- end -}}
