{{- define "rabbitmq.jobContainer" -}}
image: {{ include "rabbitmq.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
resources: {{- toYaml .Values.jobResources | nindent 2 }}
securityContext: {{- toYaml .Values.securityContext | nindent 2 }}
{{- end -}}

{{- define "rabbitmq.jobEnv" -}}
- {name: PATH, value: {{ .Values.image.path }}}
- {name: HOME, value: /tmp}
- {name: LANG, value: C.UTF-8}
- {name: RABBITMQ_CONF_ENV_FILE, value: /dev/null}
{{- with include "rabbitmq.distribution" . }}
- {name: RABBITMQ_CTL_ERL_ARGS, value: {{ . }}}
{{- end }}
{{- end -}}

{{- define "rabbitmq.nodesEnv" -}}
- name: NODES
  value: {{ include "rabbitmq.nodes" . | trim | splitList "\n" | join " " | quote }}
{{- end -}}

{{/* By this a Job sees before an upgrade whether the nodes would change at all. */}}
{{- define "rabbitmq.nodesHash" -}}
{{- (include (print .Template.BasePath "/statefulset.yaml") . | fromYaml).spec | toJson | sha256sum -}}
{{- end -}}

{{/* A Job that checks the nodes: (list . "preflight" "pre-upgrade"). It needs nothing that the release
brings, since Argo CD runs what is before an upgrade before the first installation, too. */}}
{{- define "rabbitmq.nodesJob" -}}
{{- $ := index . 0 -}}
{{- $task := index . 1 -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "rabbitmq.metadataOf" (list $ "job" (printf "-%s" $task)) | nindent 2 }}
  annotations:
    helm.sh/hook: {{ index . 2 }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    # Before an upgrade it also names what will be away meanwhile.
    helm.sh/hook-output-log-policy: {{ eq $task "preflight" | ternary "hook-succeeded,hook-failed" "hook-failed" }}
spec:
  backoffLimit: 0
  activeDeadlineSeconds: {{ $.Values.upgrade.timeoutSeconds }}
  # Its log can be read for 10 minutes, and no uninstallation leaves it behind.
  ttlSecondsAfterFinished: 600
  template:
    {{- include "rabbitmq.podTemplate" (dict "root" $ "component" "job" "spec" (include "rabbitmq.nodesJobSpec" .)) | nindent 4 }}
{{- end -}}

{{- define "rabbitmq.nodesJobSpec" -}}
{{- $ := index . 0 -}}
{{- $task := index . 1 -}}
{{- $after := eq $task "finish" -}}
{{- $cookie := include "rabbitmq.cookie" $ | fromJson -}}
{{- $former := ternary "" (include "rabbitmq.formerName" $) $after -}}
serviceAccountName: {{ ternary "default" (include "rabbitmq.serviceAccountName" $) (or $.Values.clusterOperator.enabled $.Values.serviceAccount.create) | quote }}
automountServiceAccountToken: false
restartPolicy: Never
containers:
  - name: {{ $task | quote }}
    command: [/bin/sh, -c]
    # In here, since before an upgrade the release's ConfigMap is still the old one.
    args:
      - |
        {{- range list "nodes" (ternary "finish" "before" $after) }}
        {{- $.Files.Get (printf "files/%s.sh" .) | nindent 8 }}
        {{- end }}
    {{- include "rabbitmq.jobContainer" $ | nindent 4 }}
    env:
      {{- include "rabbitmq.jobEnv" $ | nindent 6 }}
      - {name: TASK, value: {{ $task }}}
      - {name: CHECK_NODES, value: {{ $.Values.upgrade.preflight | quote }}}
      {{- with $former }}
      - {name: FORMER, value: {{ . | quote }}}
      {{- end }}
      {{- if not $after }}
      - {name: NODES_HASH, value: {{ include "rabbitmq.nodesHash" $ | quote }}}
      - name: CRITICAL
        value: {{ $.Files.Get "files/critical.erl" | quote }}
      {{- end }}
      - {name: FLAGS, value: {{ and $.Values.upgrade.featureFlags (not $.Values.clusterOperator.enabled) | quote }}}
      - {name: INTER_NODE, value: {{ $.Values.tls.interNode | quote }}}
      - {name: REBALANCE, value: {{ and $.Values.upgrade.rebalance (ge (int $.Values.replicas) 3) (not $.Values.clusterOperator.enabled) | quote }}}
      {{- include "rabbitmq.nodesEnv" $ | nindent 6 }}
    volumeMounts:
      - {name: credentials, mountPath: /etc/rabbitmq-credentials, readOnly: true}
      - {name: files, mountPath: /etc/rabbitmq, readOnly: true}
      {{- if $former }}
      - {name: former, mountPath: /etc/rabbitmq-former, readOnly: true}
      {{- end }}
      {{- if $.Values.tls.interNode }}
      - {name: tls, mountPath: /etc/rabbitmq-tls, readOnly: true}
      {{- end }}
      {{- if and $after $.Values.definitions.existingSecret }}
      - {name: definitions, mountPath: /etc/rabbitmq-definitions, readOnly: true}
      {{- end }}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: tmp
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
  # The cookie alone: no password is needed.
  - name: credentials
    secret:
      secretName: {{ $cookie.secret | quote }}
      defaultMode: 0440
      optional: {{ not $after }}
      items:
        - {key: {{ $cookie.key | quote }}, path: erlang-cookie}
  - name: files
    configMap: {name: {{ include "rabbitmq.fullname" $ | quote }}, optional: true}
  {{- with $former }}
  # With auth.existingSecret, the ConfigMap alone has the former name.
  - name: former
    projected:
      defaultMode: 0440
      sources:
        - secret: {name: "{{ . }}-credentials", optional: true, items: [{key: erlang-cookie, path: erlang-cookie}]}
        - configMap: {name: {{ . | quote }}, optional: true, items: [{key: nodes-hash, path: nodes-hash}]}
  {{- end }}
  {{- if $.Values.tls.interNode }}
  - name: tls
    secret: {secretName: {{ include "rabbitmq.tlsSecret" $ | quote }}, defaultMode: 0440, optional: true}
  {{- end }}
  {{- if $after }}
  {{- include "rabbitmq.definitionsVolume" $ | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "rabbitmq.usersJob" -}}
# It waits until the Cluster Operator has started all nodes.
backoffLimit: 20
template:
  {{- include "rabbitmq.podTemplate" (dict "root" . "component" "job" "spec" (include "rabbitmq.nodesJobSpec" (list . "finish" ""))) | nindent 2 }}
{{- end -}}

{{- define "rabbitmq.connectionsJob" -}}
# What it waits for may take its time: an issuer, a pull secret, a node.
backoffLimit: 20
template:
  {{- include "rabbitmq.podTemplate" (dict "root" . "component" "job" "spec" (include "rabbitmq.connectionsSpec" .)) | nindent 2 }}
{{- end -}}

{{- define "rabbitmq.connectionsSpec" -}}
restartPolicy: Never
terminationGracePeriodSeconds: 5
serviceAccountName: {{ .Values.serviceAccount.jobName | default (printf "%s-connections" (include "rabbitmq.fullname" .)) | quote }}
automountServiceAccountToken: true
containers:
  - name: connections
    command: [/bin/sh, /etc/rabbitmq-jobs/connections.sh]
    {{- if not .Values.clusterOperator.enabled }}
    args: [/var/lib/rabbitmq/definitions/10-users.json]
    {{- end }}
    {{- include "rabbitmq.jobContainer" . | nindent 4 }}
    env:
      {{- include "rabbitmq.jobEnv" . | nindent 6 }}
      {{- include "rabbitmq.nodesEnv" . | nindent 6 }}
    volumeMounts:
      - {name: jobs, mountPath: /etc/rabbitmq-jobs, readOnly: true}
      {{- if .Values.tls.interNode }}
      - {name: files, mountPath: /etc/rabbitmq, readOnly: true}
      - {name: tls, mountPath: /etc/rabbitmq-tls, readOnly: true}
      {{- end }}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: jobs
    configMap: {name: {{ include "rabbitmq.fullname" . }}-tasks}
  {{- if .Values.tls.interNode }}
  - name: files
    configMap: {name: {{ include "rabbitmq.fullname" . | quote }}}
  - name: tls
    secret: {secretName: {{ include "rabbitmq.tlsSecret" . | quote }}, defaultMode: 0440, optional: true}
  {{- end }}
  - name: tmp
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- end -}}
