{{/* A quantity in Mi or Gi as a number of MiB. */}}
{{- define "playlists.mebibytes" -}}
{{- mul (regexFind "^[0-9]+" . | int) (ternary 1024 1 (hasSuffix "Gi" .)) -}}
{{- end -}}

{{/* Service and NetworkPolicy of a store. The argument: root, component, port and clients, which are components. */}}
{{- define "playlists.storeNetwork" -}}
apiVersion: v1
kind: Service
metadata: {{- include "playlists.metadata" . | nindent 2 }}
spec:
  selector: {{- include "playlists.selectorLabels" . | nindent 4 }}
  ports:
    - {name: {{ .component | quote }}, port: {{ .port }}, targetPort: {{ .component }}}
{{- if .root.Values.networkPolicy.enabled }}
---
{{ include "playlists.networkPolicy" . }}
  ingress:
    - ports: [{port: {{ .component }}}]
      from:
        {{- $this := . }}
        {{- range .clients }}
        - podSelector:
            matchLabels: {{- include "playlists.selectorLabels" (dict "root" $this.root "component" .) | nindent 14 }}
        {{- end }}
{{- end }}
{{- end -}}

{{/* Metadata and spec of a StatefulSet with one node. The argument: root, component, spec, checksum. */}}
{{- define "playlists.storeStatefulSet" -}}
{{- $store := get .root.Values .component -}}
apiVersion: apps/v1
kind: StatefulSet
metadata: {{- include "playlists.metadata" . | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "playlists.name" . | quote }}
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{- include "playlists.selectorLabels" . | nindent 6 }}
  template:
    {{- $annotations := dict "checksum/configuration" .checksum }}
    {{- include "playlists.podTemplate" (merge (dict "values" $store "annotations" $annotations) .) | nindent 4 }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{- include "playlists.selectorLabels" . | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- if kindIs "string" $store.persistence.storageClassName }}
        storageClassName: {{ $store.persistence.storageClassName | quote }}
        {{- end }}
        resources: {requests: {storage: {{ $store.persistence.size }}}}
{{- end -}}

{{/* Security context of a store's Pod: its user owns the volume. */}}
{{- define "playlists.storeSecurityContext" -}}
{{- $context := deepCopy .root.Values.podSecurityContext -}}
{{- $_ := set $context "fsGroupChangePolicy" "OnRootMismatch" -}}
{{- $user := (get .root.Values .component).userId -}}
{{- range list "runAsUser" "runAsGroup" "fsGroup" -}}
{{- $_ := unset $context . -}}
{{- if not (kindIs "invalid" $user) }}{{ $_ := set $context . $user }}{{ end -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}
