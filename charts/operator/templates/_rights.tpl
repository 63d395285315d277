{{/* Not empty if the operator may patch Pods: never without the policy, because RBAC cannot limit a patch to one annotation. */}}
{{- define "operator.patchesPods" -}}
{{- if and .Values.rbac.markPods (or .Values.rbac.podPolicy .Values.rbac.podPolicyExists) }}true{{ end -}}
{{- end -}}

{{/* All rights of the operator in a namespace that it watches. */}}
{{- define "operator.rights" -}}
- {apiGroups: [mare.dev], resources: [queueautoscalers], verbs: [list, watch]}
- {apiGroups: [mare.dev], resources: [queueautoscalers/status], verbs: [patch]}
{{- range .Values.rbac.scaleTargets }}
- apiGroups: [{{ .apiGroup | quote }}]
  resources: {{ toJson .resources }}
  verbs: [list, watch]
- apiGroups: [{{ .apiGroup | quote }}]
  resources: [{{ range $n, $each := .resources }}{{ if $n }}, {{ end }}{{ $each }}/scale{{ end }}]
  verbs: [get, patch]
{{- end }}
- apiGroups: [""]
  resources: [secrets]
  {{- with include "operator.secretNames" . | fromJsonArray }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: [get]
{{- if .Values.rbac.markPods }}
- {apiGroups: [""], resources: [pods], verbs: [list, watch{{ if include "operator.patchesPods" . }}, patch{{ end }}]}
{{- end }}
{{- if .Values.rbac.jobs }}
- {apiGroups: [batch], resources: [jobs], verbs: [create, delete, list, watch]}
# The jobTemplate is read when a Job is created, so that it takes no memory before.
- {apiGroups: [mare.dev], resources: [queueautoscalers], verbs: [get]}
{{- end }}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create]}
# Other autoscalers of a workload are reported and never changed.
- {apiGroups: [autoscaling], resources: [horizontalpodautoscalers], verbs: [list, watch]}
{{- end -}}
