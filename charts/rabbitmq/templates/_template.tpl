{{/* Metadata and spec of a Pod. The argument: root, component; spec, the text of what is special about
     it; values, the extensions of its program, which is the first container; annotations. */}}
{{- define "rabbitmq.podTemplate" -}}
{{- $values := .values | default dict -}}
{{- $spec := include "rabbitmq.podSpec" . | fromYaml -}}
{{- range $key, $value := .spec | fromYaml }}{{ $_ := set $spec $key $value }}{{ end -}}
{{- with $spec.Error }}{{ fail . }}{{ end -}}
{{- $extra := pick $values "extraEnv" "extraVolumes" "extraVolumeMounts" "extraContainers" "extraInitContainers" "lifecycle" -}}
{{- $extra = tpl (toYaml $extra) .root | fromYaml -}}
{{- $program := first $spec.containers -}}
{{- $given := dict "env" $extra.extraEnv "volumeMounts" $extra.extraVolumeMounts -}}
{{- range $key, $more := $given }}{{ with $more -}}
{{- $_ := set $program $key (include "rabbitmq.replace" (list (get $program $key | default list) .) | fromYamlArray) -}}
{{- end }}{{ end -}}
{{- with $extra.lifecycle }}{{ $_ := set $program "lifecycle" . }}{{ end -}}
{{- with $extra.extraVolumes }}{{ $_ := set $spec "volumes" (concat ($spec.volumes | default list) .) }}{{ end -}}
{{- with $extra.extraContainers }}{{ $_ := set $spec "containers" (concat $spec.containers .) }}{{ end -}}
{{- with $extra.extraInitContainers }}{{ $_ := set $spec "initContainers" (concat ($spec.initContainers | default list) .) }}{{ end -}}
metadata:
  labels:
    {{- include "rabbitmq.podLabels" . | nindent 4 }}
  {{- $ends := has $spec.restartPolicy (list "Never" "OnFailure") }}
  {{- $ofJobs := ternary .root.Values.jobPodAnnotations dict $ends }}
  {{- with mustMerge (dict) (.annotations | default dict) $ofJobs .root.Values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec: {{- toYaml $spec | nindent 2 }}
{{- end -}}

{{/* A list of variables or mounts; one of the second list replaces one of the same name in the first. */}}
{{- define "rabbitmq.replace" -}}
{{- $names := list -}}
{{- range index . 1 }}{{ $names = append $names .name }}{{ end -}}
{{- $kept := list -}}
{{- range index . 0 }}{{ if not (has .name $names) }}{{ $kept = append $kept . }}{{ end }}{{ end -}}
{{- toYaml (concat $kept (index . 1)) -}}
{{- end -}}

{{/* What all Pods have in common. */}}
{{- define "rabbitmq.podSpec" -}}
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
      matchLabels: {{- include "rabbitmq.selectorLabels" (list $.root $.component) | nindent 8 }}
  {{- end }}
{{- end }}
securityContext: {{- include "rabbitmq.podSecurityContext" .root | nindent 2 }}
{{- end -}}
