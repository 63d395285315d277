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

{{- define "playlists.brokerMount" -}}
{{- if include "playlists.brokerAuthority" . }}
volumeMounts:
  - {name: broker-ca, mountPath: /etc/mare/broker, readOnly: true}
{{- end }}
{{- end -}}

{{- define "playlists.brokerVolume" -}}
{{- with include "playlists.brokerAuthority" . }}
volumes:
  - name: broker-ca
    secret: {secretName: {{ . }}, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- end -}}
