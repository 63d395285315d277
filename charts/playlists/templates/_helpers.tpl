{{/* The beginning of all names, at most 40 characters. A name that is cut has a hash of the whole. */}}
{{- define "playlists.base" -}}
{{- $name := .Values.fullnameOverride | default .Release.Name -}}
{{- if or (gt (len $name) 40) (contains "." $name) -}}
{{- printf "%s-%s" ($name | replace "." "-" | trunc 31 | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* Name and selector labels of a component. The argument: a dict of root and component. */}}
{{- define "playlists.name" -}}
{{- printf "%s-%s" (include "playlists.base" .root) .component -}}
{{- end -}}

{{/* The label job of the metrics of this release: two releases of a namespace differ by nothing else. */}}
{{- define "playlists.job" -}}
{{- .Values.metrics.prometheusRule.job | default (printf "%s/%s" .Release.Namespace (include "playlists.name" (dict "root" . "component" "playlists"))) -}}
{{- end -}}

{{- define "playlists.selectorLabels" -}}
app.kubernetes.io/name: playlists
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Without labels that change with the version of the chart: those would restart all Pods. */}}
{{- define "playlists.podLabels" -}}
{{ include "playlists.selectorLabels" . }}
app.kubernetes.io/part-of: mare
{{- with mustMerge (dict) .root.Values.podLabels .root.Values.commonLabels }}
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
name: {{ include "playlists.name" . | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels: {{- include "playlists.labels" . | nindent 2 }}
{{- end -}}

{{/* The argument: a dict of root, component and most, the Pods that may be away. */}}
{{- define "playlists.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "playlists.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .most }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "playlists.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/* The beginning of a NetworkPolicy, which denies all: its rules follow. */}}
{{- define "playlists.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{- include "playlists.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels: {{- include "playlists.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end -}}

{{/* The argument: a dict of root and image. A repository that names its registry is taken as it is. */}}
{{- define "playlists.image" -}}
{{- $name := .image.repository -}}
{{- $path := regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" $name "" -}}
{{- if eq $name $path -}}
{{- $registry := dig "imageRegistry" "" .root.Values.global | default .image.registry | default .root.Values.image.registry | trimSuffix "/" -}}
{{- if not $registry -}}
{{- fail (printf "Set image.registry: this chart is no release, and does not know the registry of %s. See `make images`." $name) -}}
{{- end -}}
{{- $name = printf "%s/%s" $registry $name -}}
{{- end -}}
{{- $tag := .image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{- /* A released chart has the digests of its images, by repository and tag, whatever the registry. */ -}}
{{- $released := .root.Files.Get "files/digests.yaml" | fromYaml -}}
{{- with .image.digest | default (get $released (printf "%s:%s" $path $tag)) -}}
{{- printf "%s@%s" $name . -}}
{{- else -}}
{{- printf "%s:%s" $name $tag -}}
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

{{/* Names of the services that scale to zero, joined by commas; empty if none does. */}}
{{- define "playlists.idleServices" -}}
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

{{/* Name of the Secret with the URI of a store, valkey or postgresql; empty without one. */}}
{{- define "playlists.storeSecret" -}}
{{- $store := get .root.Values .component -}}
{{- if $store.externalSecretName -}}
{{- $store.externalSecretName -}}
{{- else if $store.enabled -}}
{{- $store.existingSecret | default (include "playlists.name" .) -}}
{{- end -}}
{{- end -}}

{{/* Whether this chart runs a store; empty if not. */}}
{{- define "playlists.runsStore" -}}
{{- $store := get .root.Values .component -}}
{{- if and $store.enabled (not $store.externalSecretName) }}true{{ end -}}
{{- end -}}

{{/* The Secrets that a Job fills, as JSON: texts by key by component. PASSWORD and KEY are placeholders. */}}
{{- define "playlists.filledSecrets" -}}
{{- $uris := dict "valkey" "redis://:PASSWORD@%s.%s:6379/0" "postgresql" "postgresql://mare:PASSWORD@%s.%s/mare" -}}
{{- $filled := dict -}}
{{- range $component, $uri := $uris -}}
{{- $this := dict "root" $ "component" $component -}}
{{- if and (include "playlists.runsStore" $this) (not (get $.Values $component).existingSecret) -}}
{{- $_ := set $filled $component (dict "password" "PASSWORD" "uri" (printf $uri (include "playlists.name" $this) $.Release.Namespace)) -}}
{{- end -}}
{{- end -}}
{{- if and (has "webhooks" (include "playlists.serviceNames" . | fromJsonArray)) (not .Values.webhooks.existingSecret) -}}
{{- $_ := set $filled "webhooks" (dict "secrets" "whsec_KEY") -}}
{{- end -}}
{{- toJson $filled -}}
{{- end -}}

{{/* Name of the Secret that signs callbacks. */}}
{{- define "playlists.webhooksSecret" -}}
{{- .Values.webhooks.existingSecret | default (include "playlists.name" (dict "root" . "component" "webhooks")) -}}
{{- end -}}
