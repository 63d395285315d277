{{/* A template that no longer has `replicas` makes Helm remove the field, and the API server then sets 1.
     So a Deployment whose replicas the chart has set before keeps the number that it has when an autoscaler
     takes over. An annotation marks it. A server-side apply by Helm 4 removes nothing that an autoscaler has
     set meanwhile, and would conflict with it. */}}
{{- define "playlists.replicasOfChart" -}}mare.dev/replicas-of-chart{{- end -}}

{{/* The number of replicas to keep; empty if the template can leave them out. */}}
{{- define "playlists.takenOver" -}}
{{- if .scaled -}}
{{- $live := lookup "apps/v1" "Deployment" .root.Release.Namespace (include "playlists.name" .) -}}
{{- if dig "metadata" "annotations" (include "playlists.replicasOfChart" .) "" $live -}}
{{- $applied := false -}}
{{- $scaled := false -}}
{{- range $live.metadata.managedFields -}}
{{- if and (eq .operation "Apply") (hasPrefix "helm" .manager) }}{{ $applied = true }}{{ end -}}
{{- if and (eq (.subresource | default "") "scale") (hasKey (dig "f:spec" dict .fieldsV1) "f:replicas") }}{{ $scaled = true }}{{ end -}}
{{- end -}}
{{- if not (and $applied $scaled) }}{{ $live.spec.replicas }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "playlists.deploymentMetadata" -}}
{{ include "playlists.metadata" . }}
{{- if or (not .scaled) (include "playlists.takenOver" .) }}
annotations:
  {{ include "playlists.replicasOfChart" . }}: "true"
{{- end }}
{{- end -}}

{{/* The argument: root, component, scaled (whether an autoscaler sets the replicas) and replicas. */}}
{{- define "playlists.replicas" -}}
{{- if not .scaled -}}
replicas: {{ .replicas }}
{{- else if include "playlists.takenOver" . -}}
replicas: {{ include "playlists.takenOver" . }}
{{- end -}}
{{- end -}}
