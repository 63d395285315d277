{{/* Metadata and spec of a Pod. The argument: root, component; spec, the text of what is special about
     it; values, the extensions of its component; annotations. The first container is the program. */}}
{{- define "playlists.podTemplate" -}}
{{- $values := .values | default dict -}}
{{- $spec := include "playlists.podSpec" . | fromYaml -}}
{{- range $key, $value := .spec | fromYaml }}{{ $_ := set $spec $key $value }}{{ end -}}
{{- with $spec.Error }}{{ fail . }}{{ end -}}
{{- $extra := pick $values "extraEnv" "extraVolumes" "extraVolumeMounts" "extraContainers" "extraInitContainers" "lifecycle" -}}
{{- $extra = tpl (toYaml $extra) .root | fromYaml -}}
{{- $program := first $spec.containers -}}
{{- $given := dict "env" $extra.extraEnv "volumeMounts" $extra.extraVolumeMounts -}}
{{- range $key, $more := $given }}{{ with $more -}}
{{- $_ := set $program $key (include "playlists.replace" (list (get $program $key | default list) .) | fromYamlArray) -}}
{{- end }}{{ end -}}
{{- with $extra.lifecycle }}{{ $_ := set $program "lifecycle" . }}{{ end -}}
{{- with $extra.extraVolumes }}{{ $_ := set $spec "volumes" (concat ($spec.volumes | default list) .) }}{{ end -}}
{{- with $extra.extraContainers }}{{ $_ := set $spec "containers" (concat $spec.containers .) }}{{ end -}}
{{- with $extra.extraInitContainers }}{{ $_ := set $spec "initContainers" (concat ($spec.initContainers | default list) .) }}{{ end -}}
metadata:
  labels:
    {{- include "playlists.podLabels" . | nindent 4 }}
  {{- $ends := has $spec.restartPolicy (list "Never" "OnFailure") }}
  {{- $ofJobs := ternary .root.Values.jobPodAnnotations dict $ends }}
  {{- with mustMerge (dict) (.annotations | default dict) $ofJobs .root.Values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec: {{- toYaml $spec | nindent 2 }}
{{- end -}}

{{/* A list of variables or mounts; one of the second list replaces one of the same name in the first. */}}
{{- define "playlists.replace" -}}
{{- $names := list -}}
{{- range index . 1 }}{{ $names = append $names .name }}{{ end -}}
{{- $kept := list -}}
{{- range index . 0 }}{{ if not (has .name $names) }}{{ $kept = append $kept . }}{{ end }}{{ end -}}
{{- toYaml (concat $kept (index . 1)) -}}
{{- end -}}

{{/* What all Pods have in common. */}}
{{- define "playlists.podSpec" -}}
serviceAccountName: {{ include "playlists.base" .root }}-playlists
automountServiceAccountToken: false
enableServiceLinks: false
{{- with concat .root.Values.imagePullSecrets (dig "imagePullSecrets" list .root.Values.global | default list) | uniq }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $field := list "priorityClassName" "nodeSelector" "affinity" "tolerations" }}
{{- with get $.root.Values $field }}
{{ $field }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .root.Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{- toYaml . | nindent 4 }}
    labelSelector:
      matchLabels: {{- include "playlists.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}
securityContext: {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- end -}}

{{/* Environment variables of a list of maps, each variable once, as the last of them says. A value is a
     text, a number, or a dict of secretName and key; null leaves the variable out. */}}
{{- define "playlists.env" -}}
{{- $all := dict -}}
{{- range . }}{{ range $name, $value := . }}{{ $_ := set $all $name $value }}{{ end }}{{ end -}}
{{- range $name, $value := $all }}
{{- if kindIs "map" $value }}
- name: {{ $name | quote }}
  valueFrom: {secretKeyRef: {name: {{ $value.secretName | quote }}, key: {{ $value.key | quote }}}}
{{- else if not (kindIs "invalid" $value) }}
{{- if and (kindIs "float64" $value) (eq $value (floor $value)) }}
{{- $value = int64 $value }}{{/* else 1048576 were 1.048576e+06 */}}
{{- end }}
- {name: {{ $name | quote }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "playlists.livenessProbe" -}}
livenessProbe:
  httpGet: {path: /livez, port: health}
  initialDelaySeconds: 15
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* Of gateway and events, which clients reach: before they end, they leave their Service. The argument: root. */}}
{{- define "playlists.frontProbes" -}}
{{- with .Values.gateway.preStopSeconds }}
lifecycle:
  preStop: {sleep: {seconds: {{ . }}}}
{{- end }}
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 3
{{ include "playlists.livenessProbe" . }}
{{- end -}}
