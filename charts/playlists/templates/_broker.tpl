{{/* Name of the Secret of a role. The argument: root and role (gateway, services or operator). */}}
{{- define "playlists.brokerSecret" -}}
{{- $own := get .root.Values.broker (printf "%sSecretName" .role) | default .root.Values.broker.secretName -}}
{{- if $own -}}
{{- $own -}}
{{- else if .root.Values.rabbitmq.enabled -}}
{{- printf "%s-%s" (include "rabbitmq.fullname" .root.Subcharts.rabbitmq) .role -}}
{{- else -}}
{{- fail "Say where the broker is: rabbitmq.enabled=true, or broker.secretName=NAME of a Secret with the key amqp-uri." -}}
{{- end -}}
{{- end -}}

{{/* Name of the Secret with ca.crt; empty for the authorities of the image. */}}
{{- define "playlists.brokerAuthority" -}}
{{- $tls := .root.Values.rabbitmq.tls | default dict -}}
{{- if .root.Values.broker.caSecretName -}}
{{- .root.Values.broker.caSecretName -}}
{{- else if and .root.Values.rabbitmq.enabled $tls.enabled -}}
{{- if dig "certManager" "enabled" false $tls -}}
{{- printf "%s-tls" (include "rabbitmq.fullname" .root.Subcharts.rabbitmq) -}}
{{- else -}}
{{- include "playlists.brokerSecret" . -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Environment variables of the broker, as a map. The argument: root and role. */}}
{{- define "playlists.brokerEnv" -}}
AMQP_URI: {secretName: {{ include "playlists.brokerSecret" . | quote }}, key: amqp-uri}
{{- if include "playlists.brokerAuthority" . }}
AMQP_CA_FILE: /etc/mare/broker/ca.crt
{{- end }}
{{- if include "playlists.brokerCertificate" . }}
AMQP_CERT_FILE: /etc/mare/certificate/tls.crt
AMQP_KEY_FILE: /etc/mare/certificate/tls.key
{{- end }}
{{- end -}}

{{/* Name of the Secret with a certificate for the broker; empty if it wants none. */}}
{{- define "playlists.brokerCertificate" -}}
{{- $tls := .root.Values.rabbitmq.tls | default dict -}}
{{- if or .root.Values.broker.clientCertificate (and .root.Values.rabbitmq.enabled $tls.enabled (ne ($tls.clients | default "none") "none")) -}}
{{- include "playlists.brokerSecret" . -}}
{{- end -}}
{{- end -}}

{{/* What gateway, events and services mount, as a list of name, path, secret and keys. The argument: root and role. */}}
{{- define "playlists.files" -}}
{{- $files := list -}}
{{- with include "playlists.brokerAuthority" . -}}
{{- $files = append $files (dict "name" "broker-ca" "path" "/etc/mare/broker" "secret" . "keys" (list "ca.crt")) -}}
{{- end -}}
{{- with include "playlists.brokerCertificate" . -}}
{{- $files = append $files (dict "name" "certificate" "path" "/etc/mare/certificate" "secret" . "keys" (list "tls.crt" "tls.key")) -}}
{{- end -}}
{{- if and (eq .role "gateway") .root.Values.gateway.keysSecretName -}}
{{- $files = append $files (dict "name" "keys" "path" "/etc/mare/keys" "secret" .root.Values.gateway.keysSecretName "keys" (list "keys")) -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{- define "playlists.mounts" -}}
{{- with include "playlists.files" . | fromJsonArray }}
volumeMounts:
  {{- range . }}
  - {name: {{ .name | quote }}, mountPath: {{ .path }}, readOnly: true}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "playlists.volumes" -}}
{{- with include "playlists.files" . | fromJsonArray }}
volumes:
  {{- range . }}
  - name: {{ .name | quote }}
    secret:
      secretName: {{ .secret | quote }}
      defaultMode: 0440
      items:
        {{- range .keys }}
        - {key: {{ . | quote }}, path: {{ . }}}
        {{- end }}
  {{- end }}
{{- end }}
{{- end -}}
