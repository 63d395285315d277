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
AMQP_URI: {secretName: {{ include "playlists.brokerSecret" . }}, key: amqp-uri}
{{- if include "playlists.brokerAuthority" . }}
AMQP_CA_FILE: /etc/mare/broker/ca.crt
{{- end }}
{{- end -}}

{{/* What gateway, events and services mount. The argument: root and role. */}}
{{- define "playlists.mounts" -}}
{{- $authority := include "playlists.brokerAuthority" . -}}
{{- $keys := and (eq .role "gateway") .root.Values.gateway.keysSecretName -}}
{{- if or $authority $keys }}
volumeMounts:
  {{- if $authority }}
  - {name: broker-ca, mountPath: /etc/mare/broker, readOnly: true}
  {{- end }}
  {{- if $keys }}
  - {name: keys, mountPath: /etc/mare/keys, readOnly: true}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "playlists.volumes" -}}
{{- $authority := include "playlists.brokerAuthority" . -}}
{{- $keys := and (eq .role "gateway") .root.Values.gateway.keysSecretName -}}
{{- if or $authority $keys }}
volumes:
  {{- with $authority }}
  - name: broker-ca
    secret: {secretName: {{ . }}, items: [{key: ca.crt, path: ca.crt}]}
  {{- end }}
  {{- with $keys }}
  - name: keys
    secret: {secretName: {{ . }}, defaultMode: 0440}
  {{- end }}
{{- end }}
{{- end -}}
