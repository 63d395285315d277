{{/* Constants: no value of a Service moves a port of the container. */}}
{{- define "rabbitmq.ports" -}}
{{- if .Values.tls.enabled }}
- {name: amqps, containerPort: 5671}
- {name: https-mgmt, containerPort: 15671, appProtocol: https}
- {name: https-metrics, containerPort: 15691, appProtocol: https}
{{- end }}
{{- if not .Values.tls.only }}
- {name: amqp, containerPort: 5672}
- {name: http-management, containerPort: 15672, appProtocol: http}
- {name: metrics, containerPort: 15692, appProtocol: http}
{{- end }}
- {name: epmd, containerPort: 4369}
- {name: clustering, containerPort: 25672}
{{- end -}}

{{/* Name of the port of the metrics. The Service of the Cluster Operator has one of two. */}}
{{- define "rabbitmq.metricsPort" -}}
{{- if .Values.clusterOperator.enabled }}{{ ternary "prometheus-tls" "prometheus" .Values.tls.enabled }}
{{- else }}{{ ternary "https-metrics" "metrics" .Values.tls.only }}{{ end -}}
{{- end -}}
{{- define "rabbitmq.managementPort" -}}{{ ternary 15671 15672 .Values.tls.only }}{{- end -}}

{{- define "rabbitmq.families" -}}
{{- with .Values.service.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.service.ipFamilies }}
ipFamilies: {{ toJson . }}
{{- end }}
{{- end -}}

{{/* A probe of the values, on a port that is open: (list . "startup"). */}}
{{- define "rabbitmq.probe" -}}
{{- $ := index . 0 -}}
{{- $probe := get $.Values.probes (index . 1) -}}
{{- if $probe }}
{{ index . 1 }}Probe:
  {{- if and $.Values.tls.only (eq (toString (dig "tcpSocket" "port" "" $probe)) "amqp") }}
  {{- $probe = mergeOverwrite (deepCopy $probe) (dict "tcpSocket" (dict "port" "amqps")) }}
  {{- end }}
  {{- if or $probe.exec $probe.httpGet $probe.grpc }}
  {{- $probe = omit $probe "tcpSocket" }}
  {{- end }}
  {{- toYaml $probe | nindent 2 }}
{{- end }}
{{- end -}}

{{/* How Prometheus speaks to the metrics port: (list . "PodMonitor"). */}}
{{- define "rabbitmq.scheme" -}}
{{- $ := index . 0 -}}
{{- if or $.Values.tls.only (and $.Values.tls.enabled $.Values.clusterOperator.enabled) }}
scheme: https
tlsConfig:
  ca: {configMap: {name: {{ include "rabbitmq.fullname" $ }}-ca, key: ca.crt}}
  serverName: {{ include "rabbitmq.fullname" $ }}.{{ $.Release.Namespace }}.svc.{{ $.Values.clusterDomain }}
{{- end }}
{{- end -}}
