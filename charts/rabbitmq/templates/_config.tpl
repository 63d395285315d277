{{- define "rabbitmq.conf" -}}
cluster_name = {{ .Release.Namespace }}/{{ include "rabbitmq.fullname" . }}
cluster_formation.peer_discovery_backend = classic_config
{{- range $index, $node := include "rabbitmq.nodes" . | trim | splitList "\n" | compact }}
cluster_formation.classic_config.nodes.{{ add1 $index }} = {{ $node }}
{{- end }}
cluster_formation.target_cluster_size_hint = {{ .Values.replicas }}
# Attempts, half a second or more each. After the last one a node would found a cluster of its own: one
# that lost its data cannot join while the others still have it as a member.
cluster_formation.discovery_retry_limit = 1000000
{{- if and (gt (int .Values.replicas) 1) (semverCompare "<4.3" (printf "%s.0" (include "rabbitmq.minor" .))) }}
cluster_partition_handling = pause_minority
{{- end }}
{{ include "rabbitmq.settings" . }}
load_definitions = /var/lib/rabbitmq/definitions
# Without these lines 4.x would also let in ANONYMOUS.
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = AMQPLAIN
log.console = true
log.file = false
{{- if .Values.tls.only }}
listeners.tcp = none
prometheus.tcp.listener = none
{{- else }}
listeners.tcp.default = 5672
management.tcp.port = 15672
prometheus.tcp.port = 15692
{{- end }}
{{- if .Values.tls.enabled }}
{{ include "rabbitmq.tlsConf" . }}
{{- end }}
{{- with .Values.extraConfig }}
{{ tpl . $ }}
{{- end }}
{{- end -}}

{{/* What the Cluster Operator does not set by itself, either. */}}
{{- define "rabbitmq.settings" -}}
{{- if ge (int .Values.replicas) 3 -}}
# A queue that was declared before all nodes were there gets its members as they come. Its leader adds them: one that moves
# meanwhile leaves the rest to the next interval, which is an hour by default.
quorum_queue.continuous_membership_reconciliation.enabled = true
quorum_queue.continuous_membership_reconciliation.target_group_size = 3
quorum_queue.continuous_membership_reconciliation.interval = 60000
{{ end -}}
default_queue_type = {{ .Values.defaultQueueType }}
total_memory_available_override_value = {{ include "rabbitmq.bytes" .Values.resources.limits.memory }}
vm_memory_high_watermark.relative = {{ .Values.memory.watermark }}
disk_free_limit.absolute = {{ .Values.diskFreeLimit }}
log.console.level = {{ .Values.logLevel }}
log.console.formatter = {{ .Values.logFormat }}
{{- end -}}

{{/* Settings that rabbitmq.conf does not know, or by another name in each version, as arguments of Erlang; advanced.config
comes after them. What is in the log of quorum queues is also in memory: 512 MiB by default, whatever the limit. By default, 400
messages of a channel may be in flight: six with messages of 1 MB fill 2.4 GB before the memory alarm stops them. Of a link of
AMQP 1.0 there are 170. Before 4.1, a quorum queue keeps 4,096 messages on disk though it is empty, and what was purged for longer:
six whose messages had 1 MB filled 18 GB of each volume in two minutes. Later versions count bytes.
A channel that fails, as when a client ends its connection during an alarm, logs its state with its messages, byte by byte: 16 MB
took 250 MB and more, after which the node was killed. Messages without a domain, as that one, are not logged; the report of the
failure is, to a depth of 30. No text of these arguments may contain a blank. */}}
{{- define "rabbitmq.terms" -}}
{{- $log := include "rabbitmq.logBytes" . -}}
{{- $counts := include "rabbitmq.countsMessages" . -}}
-ra wal_max_size_bytes {{ $log }}{{ if $counts }} segment_max_entries 512{{ end }} -rabbit quorum_wal_max_size_bytes {{ $log }}
{{- if $counts }} quorum_min_checkpoint_interval 64{{ end }} quorum_commands_soft_limit 16 credit_flow_default_credit {16,8} max_link_credit 16 -kernel error_logger_format_depth 30 logger [{filters,log,[{state,{fun'logger_filters':domain/2,{stop,undefined,[]}}}]}]
{{- end -}}

{{- define "rabbitmq.countsMessages" -}}
{{- if semverCompare "<4.1" (printf "%s.0" (include "rabbitmq.minor" .)) }}true{{ end -}}
{{- end -}}

{{- define "rabbitmq.logBytes" -}}
{{- min 536870912 (div (include "rabbitmq.bytes" .Values.resources.limits.memory | int64) 8) -}}
{{- end -}}

{{- define "rabbitmq.tlsConf" -}}
{{- $verified := ne .Values.tls.clients "none" -}}
listeners.ssl.default = 5671
management.ssl.port = 15671
prometheus.ssl.port = 15691
{{- range $prefix := list "ssl_options" "management.ssl" "prometheus.ssl" }}
{{ $prefix }}.certfile = /etc/rabbitmq-tls/tls.crt
{{ $prefix }}.keyfile = /etc/rabbitmq-tls/tls.key
{{ $prefix }}.cacertfile = {{ include "rabbitmq.trusted" $ }}
{{- end }}
ssl_options.verify = {{ ternary "verify_peer" "verify_none" $verified }}
ssl_options.fail_if_no_peer_cert = {{ eq .Values.tls.clients "required" }}
{{- end -}}

{{- define "rabbitmq.trusted" -}}{{ ternary "/etc/rabbitmq/ca.crt" "/etc/rabbitmq-tls/ca.crt" (ne .Values.tls.ca "") }}{{- end -}}

{{/* Options of Erlang's distribution. The names in a certificate may have a wildcard, as in HTTPS. */}}
{{- define "rabbitmq.interNode" -}}
{{- $files := printf `{certfile, "/etc/rabbitmq-tls/tls.crt"}, {keyfile, "/etc/rabbitmq-tls/tls.key"}, {cacertfile, %q}, {verify, verify_peer}` (include "rabbitmq.trusted" .) -}}
[{server, [{{ $files }}, {fail_if_no_peer_cert, true}]},
 {client, [{{ $files }},
   {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}]}].
{{- end -}}

{{/* Definitions without secrets, as JSON. */}}
{{- define "rabbitmq.definitions" -}}
{{- $vhost := .Values.vhost -}}
{{- $all := dict -}}
{{- if .Values.topology.nameko }}{{ $all = .Files.Get "files/topology.json" | fromJson }}{{ end -}}
{{- $kinds := dict "exchanges" "exchanges" "queues" "queues" "bindings" "bindings" "policies" "policies" "permissions" "permissions" "topic_permissions" "topicPermissions" "parameters" "parameters" -}}
{{- $permissions := list -}}
{{- range $name := include "rabbitmq.users" . | fromJsonArray -}}
{{- $user := get $.Values.users $name -}}
{{- with $user.permissions }}{{ $permissions = append $permissions (merge (dict "user" $name) .) }}{{ end -}}
{{- end -}}
{{- $_ := set $all "permissions" $permissions -}}
{{- range $kind, $key := $kinds -}}
{{- $items := list -}}
{{- range concat (get $all $kind | default list) (get $.Values.definitions $key) -}}
{{- $items = append $items (merge (dict) . (dict "vhost" $vhost)) -}}
{{- end -}}
{{- $_ := set $all $kind $items -}}
{{- end -}}
{{- $own := dict "name" $vhost "metadata" (dict "default_queue_type" .Values.defaultQueueType) -}}
{{- $_ := set $all "vhosts" (prepend .Values.definitions.vhosts $own) -}}
{{- $all | toPrettyJson -}}
{{- end -}}
