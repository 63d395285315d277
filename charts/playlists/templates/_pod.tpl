{{/* The common part of the Pods of gateway and services. The argument: root and component. */}}
{{- define "playlists.podMetadata" -}}
labels:
  {{- include "playlists.podLabels" . | nindent 2 }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "playlists.podSpec" -}}
serviceAccountName: {{ include "playlists.base" .root }}-playlists
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "playlists.placement" . }}
securityContext: {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- end -}}

{{- define "playlists.placement" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- $this := . }}
{{- with .root.Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{- toYaml . | nindent 4 }}
    labelSelector:
      matchLabels: {{- include "playlists.selectorLabels" $this | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Environment variables of a list of maps, each variable once, as the last of them says. A value is a
     text, a number, or a dict of secretName and key; null leaves the variable out. */}}
{{- define "playlists.env" -}}
{{- $all := dict -}}
{{- range . }}{{ range $name, $value := . }}{{ $_ := set $all $name $value }}{{ end }}{{ end -}}
{{- range $name, $value := $all }}
{{- if kindIs "map" $value }}
- name: {{ $name }}
  valueFrom: {secretKeyRef: {name: {{ $value.secretName }}, key: {{ $value.key }}}}
{{- else if not (kindIs "invalid" $value) }}
{{- if and (kindIs "float64" $value) (eq $value (floor $value)) }}
{{- $value = int64 $value }}{{/* else 1048576 were 1.048576e+06 */}}
{{- end }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- end -}}
