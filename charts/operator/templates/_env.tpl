{{- define "operator.env" -}}
- {name: MARE_NAMESPACES, value: {{ include "operator.namespaces" . | fromJsonArray | join "," | quote }}}
- {name: MARE_LEADER_ELECTION, value: "true"}
- {name: MARE_LEASE_NAME, value: {{ include "operator.leaseName" . | quote }}}
- {name: MARE_SHARDS, value: {{ .Values.shards | quote }}}
- {name: MARE_LEASE_SECONDS, value: {{ .Values.settings.leaseSeconds | quote }}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- {name: MARE_HOST, value: "::"}
- {name: MARE_PORT, value: "8080"}
- {name: MARE_METRICS_AUTHENTICATION, value: {{ .Values.metrics.authentication | quote }}}
- {name: MARE_DASHBOARD, value: {{ .Values.dashboard.enabled | quote }}}
- {name: MARE_DASHBOARD_HOST, value: {{ ternary "::" "127.0.0.1" (not (empty .Values.networkPolicy.dashboardFrom)) | quote }}}
- {name: MARE_DASHBOARD_PORT, value: "8081"}
- {name: MARE_DASHBOARD_PREFIX, value: {{ .Values.dashboard.prefix | quote }}}
- {name: MARE_DASHBOARD_HOSTS, value: {{ join "," .Values.dashboard.hosts | quote }}}
- {name: MARE_TICK_SECONDS, value: {{ .Values.settings.tickSeconds | quote }}}
- {name: MARE_READS_PER_SECOND, value: {{ .Values.settings.readsPerSecond | quote }}}
- {name: MARE_NAMESPACE_QUEUES, value: {{ .Values.settings.namespaceQueues | int64 | quote }}}
- {name: MARE_STATISTICS_SECONDS, value: {{ .Values.settings.statisticsSeconds | quote }}}
- {name: MARE_SECRET_SECONDS, value: {{ .Values.settings.secretSeconds | quote }}}
{{- /* Rights that the chart does not grant may include this one. */}}
- {name: MARE_MARK_PODS, value: {{ or (not .Values.rbac.create) (not (empty (include "operator.patchesPods" .))) | quote }}}
- {name: MARE_REQUIRE_SECRET_LABEL, value: {{ .Values.settings.requireSecretLabel | quote }}}
- {name: MARE_BROKER_NETWORKS, value: {{ join "," .Values.settings.brokerNetworks | quote }}}
- {name: LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
{{- end -}}
