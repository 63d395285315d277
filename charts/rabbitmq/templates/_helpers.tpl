{{/* The beginning of all names, at most 40 characters. A name that is cut has a hash of the whole, and
     keeps its end. A release that is called as the chart, and is not part of another, needs no end. */}}
{{- define "rabbitmq.fullname" -}}
{{- $end := printf "-%s" (.Values.nameOverride | default .Chart.Name) -}}
{{- $begin := .Release.Name -}}
{{- if .Values.fullnameOverride -}}
{{- $begin = .Values.fullnameOverride -}}
{{- $end = "" -}}
{{- else if and .Chart.IsRoot (eq $begin (trimPrefix "-" $end)) -}}
{{- $end = "" -}}
{{- end -}}
{{- $name := printf "%s%s" $begin $end -}}
{{- if or (gt (len $name) 40) (contains "." $name) -}}
{{- $end = $end | trunc 20 | trimSuffix "-" -}}
{{- printf "%s-%s%s" ($begin | replace "." "-" | trunc (int (sub 31 (len $end))) | trimSuffix "-") (sha256sum $name | trunc 8) $end -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* How versions before 0.1 named the broker of a release whose name contains the chart's; empty if that is still its name. */}}
{{- define "rabbitmq.formerName" -}}
{{- if and (not .Values.fullnameOverride) (contains (.Values.nameOverride | default .Chart.Name) .Release.Name) -}}
{{- $name := .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- if ne $name (include "rabbitmq.fullname" .) }}{{ $name }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Of one component: (list . "broker"). */}}
{{- define "rabbitmq.selectorLabels" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ default $.Chart.Name $.Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ $.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* By which policies, budgets and monitors find the nodes; the Cluster Operator gives them labels of its own. */}}
{{- define "rabbitmq.nodeLabels" -}}
{{- if .Values.clusterOperator.enabled -}}
app.kubernetes.io/name: {{ include "rabbitmq.fullname" . | quote }}
app.kubernetes.io/component: rabbitmq
{{- else -}}
{{- include "rabbitmq.selectorLabels" (list . "broker") -}}
{{- end -}}
{{- end -}}

{{/* Without labels that change with the version of the chart: those would restart the nodes. The argument: root and component. */}}
{{- define "rabbitmq.podLabels" -}}
{{ include "rabbitmq.selectorLabels" (list .root .component) }}
app.kubernetes.io/part-of: mare
{{- with mustMerge (dict) .root.Values.podLabels .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "rabbitmq.labelsOf" -}}
{{- $ := index . 0 -}}
{{ include "rabbitmq.selectorLabels" . }}
app.kubernetes.io/part-of: mare
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" }}
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "rabbitmq.labels" -}}
{{- include "rabbitmq.labelsOf" (list . "broker") -}}
{{- end -}}

{{- define "rabbitmq.metadata" -}}
{{- include "rabbitmq.metadataOf" (list . "broker" "") -}}
{{- end -}}

{{/* Of one component, with the end of the name: (list . "job" "-tasks"). */}}
{{- define "rabbitmq.metadataOf" -}}
{{- $ := index . 0 -}}
name: {{ printf "%s%s" (include "rabbitmq.fullname" $) (index . 2) | quote }}
namespace: {{ $.Release.Namespace | quote }}
labels: {{- include "rabbitmq.labelsOf" (list $ (index . 1)) | nindent 2 }}
{{- end -}}

{{/* A repository that names its registry is taken as it is. */}}
{{- define "rabbitmq.image" -}}
{{- $name := .Values.image.repository -}}
{{- $path := regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" $name "" -}}
{{- if eq $name $path -}}
{{- $name = printf "%s/%s" (dig "imageRegistry" "" .Values.global | default .Values.image.registry | trimSuffix "/") $name -}}
{{- end -}}
{{- $tag := .Values.image.tag | default (printf "%s-management" .Chart.AppVersion) -}}
{{- /* A released chart has the digests of its images, by repository and tag, whatever the registry. */ -}}
{{- $released := .Files.Get "files/digests.yaml" | fromYaml -}}
{{- with .Values.image.digest | default (get $released (printf "%s:%s" $path $tag)) -}}
{{- printf "%s@%s" $name . -}}
{{- else -}}
{{- printf "%s:%s" $name $tag -}}
{{- end -}}
{{- end -}}

{{/* major.minor of the broker: of image.version, image.tag or else the chart. */}}
{{- define "rabbitmq.minor" -}}
{{- $version := .Values.image.version | default .Values.image.tag -}}
{{- regexFind "^[0-9]+\\.[0-9]+" $version | default (regexFind "^[0-9]+\\.[0-9]+" .Chart.AppVersion) -}}
{{- end -}}

{{- define "rabbitmq.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "rabbitmq.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "rabbitmq.credentialsName" -}}
{{- .Values.auth.existingSecret | default (printf "%s-credentials" (include "rabbitmq.fullname" .)) -}}
{{- end -}}

{{/* The credential (erlang-cookie, admin-password...) as it is called in the Secret: (list . "erlang-cookie"). */}}
{{- define "rabbitmq.credentialKey" -}}
{{- get (index . 0).Values.auth.secretKeys (index . 1) | default (index . 1) -}}
{{- end -}}

{{/* Where the Erlang cookie is. RabbitMQ's own operator makes one itself. */}}
{{- define "rabbitmq.cookie" -}}
{{- if .Values.clusterOperator.enabled -}}
{{- dict "secret" (printf "%s-erlang-cookie" (include "rabbitmq.fullname" .)) "key" ".erlang.cookie" | toJson -}}
{{- else -}}
{{- dict "secret" (include "rabbitmq.credentialsName" .) "key" (include "rabbitmq.credentialKey" (list . "erlang-cookie")) | toJson -}}
{{- end -}}
{{- end -}}

{{/* Names of the users that are not null, in order, as JSON. */}}
{{- define "rabbitmq.users" -}}
{{- $names := list -}}
{{- range $name, $user := .Values.users }}{{ if not (kindIs "invalid" $user) }}{{ $names = append $names $name }}{{ end }}{{ end -}}
{{- $names | sortAlpha | toJson -}}
{{- end -}}

{{- define "rabbitmq.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "rabbitmq.fullname" .)) -}}
{{- end -}}

{{- define "rabbitmq.headless" -}}
{{- include "rabbitmq.fullname" . }}-nodes
{{- end -}}

{{/* Host of a node without its number: what follows "<pod>.". */}}
{{- define "rabbitmq.nodeDomain" -}}
{{- printf "%s.%s" (include "rabbitmq.headless" .) .Release.Namespace -}}
{{- if not .Values.clusterOperator.enabled }}{{ printf ".svc.%s" .Values.clusterDomain }}{{ end -}}
{{- end -}}

{{/* Name of a node's Pod without its number. */}}
{{- define "rabbitmq.podName" -}}
{{- include "rabbitmq.fullname" . }}{{ if .Values.clusterOperator.enabled }}-server{{ end -}}
{{- end -}}

{{- define "rabbitmq.nodes" -}}
{{- range $index := until (int .Values.replicas) }}
rabbit@{{ include "rabbitmq.podName" $ }}-{{ $index }}.{{ include "rabbitmq.nodeDomain" $ }}
{{- end }}
{{- end -}}

{{/* A quantity of Kubernetes in bytes, without an exponent. */}}
{{- define "rabbitmq.bytes" -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $quantity := kindIs "float64" . | ternary (printf "%.0f" (float64 .)) (toString .) -}}
{{- $unit := regexFind "[A-Za-z]*$" $quantity -}}
{{- if not (and (regexMatch "^[0-9]+(\\.[0-9]+)?[A-Za-z]*$" $quantity) (hasKey $units $unit)) -}}
{{- fail (printf "The memory limit %s is not a quantity such as 512Mi or 2Gi." $quantity) -}}
{{- end -}}
{{- mulf (trimSuffix $unit $quantity | float64) (get $units $unit) | int64 -}}
{{- end -}}

{{- define "rabbitmq.podSecurityContext" -}}
{{- $own := dict "runAsUser" .Values.image.user "runAsGroup" .Values.image.user "fsGroup" .Values.image.user -}}
{{- toYaml (mergeOverwrite $own (deepCopy .Values.podSecurityContext)) -}}
{{- end -}}
