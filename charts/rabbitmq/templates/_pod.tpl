{{- define "rabbitmq.env" -}}
- {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: RABBITMQ_NODENAME, value: rabbit@$(POD).{{ include "rabbitmq.nodeDomain" . }}}
- {name: RABBITMQ_USE_LONGNAME, value: "true"}
- {name: PATH, value: {{ .Values.image.path }}}
- {name: HOME, value: /var/lib/rabbitmq}
- {name: LANG, value: C.UTF-8}
# The start script becomes the server, so that the server gets the signals.
- {name: RUNNING_UNDER_SYSTEMD, value: "true"}
- {name: RABBITMQ_CONF_ENV_FILE, value: /dev/null}
- {name: RABBITMQ_CONFIG_FILE, value: /etc/rabbitmq/rabbitmq.conf}
- {name: RABBITMQ_CONFIG_FILES, value: {{ ternary "/etc/rabbitmq-config" "/etc/rabbitmq/none" (ne .Values.extraConfigSecret "") }}}
{{- if .Values.advancedConfig }}
- {name: RABBITMQ_ADVANCED_CONFIG_FILE, value: /etc/rabbitmq/advanced.config}
{{- end }}
- {name: RABBITMQ_ENABLED_PLUGINS_FILE, value: /etc/rabbitmq/enabled_plugins}
- {name: RABBITMQ_MNESIA_BASE, value: /var/lib/rabbitmq/mnesia}
- {name: RABBITMQ_GENERATED_CONFIG_DIR, value: /var/lib/rabbitmq/config}
- {name: RABBITMQ_LOG_BASE, value: /var/lib/rabbitmq/log}
- {name: RABBITMQ_LOGS, value: "-"}
# A crash dump would fill the memory that this folder is made of.
- {name: ERL_CRASH_DUMP_SECONDS, value: "0"}
- name: CHART_ERL_ARGS
  value: {{ printf "%s %s" (include "rabbitmq.terms" .) (include "rabbitmq.distribution" .) | trim | quote }}
{{- with include "rabbitmq.distribution" . }}
- {name: RABBITMQ_CTL_ERL_ARGS, value: {{ . }}}
{{- end }}
- {name: GUARD, value: {{ .Values.upgrade.guard | quote }}}
{{- with .Values.upgrade.adopt }}
- {name: ADOPT, value: "true"}
{{- end }}
{{- end -}}

{{/* Arguments of Erlang for connections between nodes, and of programs to nodes. */}}
{{- define "rabbitmq.distribution" -}}
{{- if .Values.tls.interNode -}}
-proto_dist {{ ternary "inet6_tls" "inet_tls" .Values.ipv6Only }} -ssl_dist_optfile /etc/rabbitmq/inter-node.config
{{- else if .Values.ipv6Only -}}
-proto_dist inet6_tcp
{{- end -}}
{{- end -}}

{{- define "rabbitmq.mounts" -}}
- {name: files, mountPath: /etc/rabbitmq, readOnly: true}
- {name: credentials, mountPath: /etc/rabbitmq-credentials, readOnly: true}
- {name: home, mountPath: /var/lib/rabbitmq}
- {name: data, mountPath: /var/lib/rabbitmq/mnesia}
- {name: tmp, mountPath: /tmp}
{{- if .Values.definitions.existingSecret }}
- {name: definitions, mountPath: /etc/rabbitmq-definitions, readOnly: true}
{{- end }}
{{- if .Values.extraConfigSecret }}
- {name: config, mountPath: /etc/rabbitmq-config, readOnly: true}
{{- end }}
{{- if .Values.tls.enabled }}
- {name: tls, mountPath: /etc/rabbitmq-tls, readOnly: true}
{{- end }}
{{- end -}}

{{- define "rabbitmq.credentialsVolume" -}}
- name: credentials
  secret:
    secretName: {{ include "rabbitmq.credentialsName" . | quote }}
    defaultMode: 0440
    items:
      - {key: {{ include "rabbitmq.credentialKey" (list . "erlang-cookie") | quote }}, path: erlang-cookie}
      {{- range include "rabbitmq.users" . | fromJsonArray }}
      - {key: {{ include "rabbitmq.credentialKey" (list $ (printf "%s-password" .)) | quote }}, path: {{ . }}-password}
      {{- end }}
{{- end -}}

{{- define "rabbitmq.definitionsVolume" -}}
{{- with .Values.definitions.existingSecret }}
- name: definitions
  secret: {secretName: {{ . | quote }}, defaultMode: 0440}
{{- end }}
{{- end -}}

{{- define "rabbitmq.volumes" -}}
- name: files
  configMap: {name: {{ include "rabbitmq.fullname" . | quote }}}
{{ include "rabbitmq.credentialsVolume" . }}
# Cookie, passwords and generated settings never reach a disk.
- name: home
  emptyDir: {medium: Memory, sizeLimit: 16Mi}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- if not .Values.persistence.enabled }}
- name: data
  emptyDir: {}
{{- end }}
{{- include "rabbitmq.definitionsVolume" . }}
{{- with .Values.extraConfigSecret }}
- name: config
  secret: {secretName: {{ . | quote }}, defaultMode: 0440}
{{- end }}
{{- if .Values.tls.enabled }}
- name: tls
  secret: {secretName: {{ include "rabbitmq.tlsSecret" . | quote }}, defaultMode: 0440}
{{- end }}
{{- end -}}
