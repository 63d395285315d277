{{/* What the schema cannot say. One sentence each, with what to do. */}}
{{- define "rabbitmq.checks" -}}
{{- $limit := (.Values.resources.limits | default dict).memory -}}
{{- if not $limit -}}
{{- fail "Set resources.limits.memory: the broker's own limits follow from it." -}}
{{- end -}}
{{- if lt (include "rabbitmq.bytes" $limit | int64) 536870912 -}}
{{- fail (printf "resources.limits.memory is %s: RabbitMQ needs 512Mi at least." (toString $limit)) -}}
{{- end -}}
{{- $replicas := int .Values.replicas -}}
{{- if eq $replicas 2 -}}
{{- fail "replicas is 2: two nodes have no majority when one is away. Set 1, 3 or 5." -}}
{{- end -}}
{{- if and (gt $replicas 2) (eq 0 (mod $replicas 2)) -}}
{{- fail (printf "replicas is %d: of an even number no more may be away than of %d. Set an odd one." $replicas (sub $replicas 1)) -}}
{{- end -}}
{{- if and (eq $replicas 0) .Values.persistence.enabled (eq .Values.persistence.whenScaled "Delete") -}}
{{- fail "replicas is 0 and persistence.whenScaled is Delete: the data of all nodes would be deleted. Set it to Retain." -}}
{{- end -}}
{{- if and .Values.tls.only (not .Values.tls.enabled) -}}
{{- fail "tls.only closes the plain ports, so tls.enabled must be true." -}}
{{- end -}}
{{- if and .Values.tls.interNode (not .Values.tls.enabled) -}}
{{- fail "tls.interNode uses the certificate of the nodes, so tls.enabled must be true." -}}
{{- end -}}
{{- if .Values.tls.enabled -}}
{{- if not (or .Values.tls.existingSecret .Values.tls.certManager.enabled) -}}
{{- fail "tls.enabled needs a certificate: set tls.existingSecret or tls.certManager.enabled." -}}
{{- end -}}
{{- if and .Values.tls.certManager.enabled (not .Values.tls.certManager.issuerRef.name) -}}
{{- fail "Set tls.certManager.issuerRef.name: who shall issue the certificate?" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.tls.clients "required") (not (or .Values.tls.clientSecret .Values.tls.certManager.enabled)) -}}
{{- fail "tls.clients is required, so the clients of the chart need certificates: set tls.clientSecret or tls.certManager.enabled." -}}
{{- end -}}
{{- if .Values.clusterOperator.enabled -}}
{{- if eq (include "rabbitmq.fullname" .) (default .Chart.Name .Values.nameOverride) -}}
{{- fail "The Cluster Operator selects Pods by the name of its RabbitmqCluster, which the Jobs of this chart have, too: call the release otherwise, or set fullnameOverride." -}}
{{- end -}}
{{- range $name, $set := dict "tls.interNode" .Values.tls.interNode "tls.ca" .Values.tls.ca "ipv6Only" .Values.ipv6Only "extraConfigSecret" .Values.extraConfigSecret -}}
{{- if $set }}{{ fail (printf "%s has no effect with clusterOperator.enabled: set it as the Cluster Operator wants it, in clusterOperator.spec." $name) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- /* helm uninstall leaves volumes alone, so that no Secret or ConfigMap shows the Jobs a former name. */ -}}
{{- $former := include "rabbitmq.formerName" . -}}
{{- if and .Release.IsInstall $former .Values.persistence.enabled (not .Values.clusterOperator.enabled) -}}
{{- $volume := printf "data-%s-0" $former -}}
{{- if and (lookup "v1" "PersistentVolumeClaim" .Release.Namespace $volume) (not (lookup "v1" "PersistentVolumeClaim" .Release.Namespace (printf "data-%s-0" (include "rabbitmq.fullname" .)))) -}}
{{- fail (printf "The volume %s is of a broker that an earlier version of this chart has called %s. This installation would begin with an empty one beside it. Set fullnameOverride to %s to use its data. If the data is not needed, delete the PersistentVolumeClaim." $volume $former $former) -}}
{{- end -}}
{{- end -}}
{{- if gt (int (add 60 (mul 2 .Values.drain.timeoutSeconds))) (int .Values.terminationGracePeriodSeconds) -}}
{{- fail "terminationGracePeriodSeconds must be at least twice drain.timeoutSeconds and 60, or a node is killed while it hands over." -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- fail "A ServiceMonitor and a PodMonitor would count every number twice: enable one of them." -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "Set ingress.host, or the management page would answer to any host." -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "Set httpRoute.parentRefs: which Gateway leads to the management page?" -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (or .Values.ingress.enabled .Values.httpRoute.enabled) -}}
{{- if not .Values.networkPolicy.managementFrom -}}
{{- fail "The NetworkPolicy would stop what comes to the management page: say in networkPolicy.managementFrom where the controller of the Ingress or Gateway is." -}}
{{- end -}}
{{- end -}}
{{- range list "credentials" "tls" "erlang-cookie" "default-user" -}}
{{- if has . (include "rabbitmq.users" $ | fromJsonArray) -}}
{{- fail (printf "users.%s: a Secret of the release has this name already. Choose another one." .) -}}
{{- end -}}
{{- end -}}
{{- if not (has "admin" (include "rabbitmq.users" . | fromJsonArray)) -}}
{{- fail "users.admin is needed: without an administrator the broker cannot be repaired." -}}
{{- end -}}
{{- end -}}
