{{/* What of /etc/rabbitmq makes the nodes restart when it changes; definitions reach them without. It holds no secret. */}}
{{- define "rabbitmq.files" -}}
rabbitmq.conf: |
  {{- include "rabbitmq.conf" . | nindent 2 }}
enabled_plugins: |
  [{{ concat (list "rabbitmq_management" "rabbitmq_prometheus") .Values.plugins | uniq | join "," }}].
{{- with .Values.advancedConfig }}
advanced.config: |
  {{- tpl . $ | nindent 2 }}
{{- end }}
{{- if .Values.tls.interNode }}
inter-node.config: |
  {{- include "rabbitmq.interNode" . | nindent 2 }}
{{- end }}
{{- if and .Values.tls.enabled .Values.tls.ca }}
ca.crt: |
  {{- .Values.tls.ca | nindent 2 }}
{{- end }}
{{ include "rabbitmq.userList" . }}
{{- range $file := list "entry.sh" "guard.sh" "drain.sh" "critical.erl" "remove-nodes.sh" "remove-nodes.erl" }}
{{ $file }}: |
  {{- $.Files.Get (printf "files/%s" $file) | nindent 2 }}
{{- end }}
{{- end -}}

{{/* By the tag `helm`, users of the chart differ from those of people. */}}
{{- define "rabbitmq.tags" -}}
{{- append (.tags | default list) "helm" | toJson -}}
{{- end -}}

{{- define "rabbitmq.userList" -}}
users: |
  {{- range $name := include "rabbitmq.users" . | fromJsonArray }}
  {{ $name }} {{ include "rabbitmq.tags" (get $.Values.users $name) }}
  {{- end }}
{{- end -}}

{{/* What the Job that fills Secrets has to do. */}}
{{- define "rabbitmq.connections" -}}
{{- $name := include "rabbitmq.fullname" . -}}
{{- $host := printf "%s.%s.svc.%s" $name .Release.Namespace .Values.clusterDomain -}}
{{- $vhost := .Values.vhost | urlquery | replace "+" "%20" -}}
{{- $tls := .Values.tls.enabled -}}
{{- $cookie := include "rabbitmq.cookie" . | fromJson -}}
{{- $credentials := include "rabbitmq.credentialsName" . -}}
{{- $keys := ternary (list $cookie.key) list (eq $cookie.secret $credentials) -}}
{{- $users := list -}}
{{- $connections := list -}}
{{- range $user := include "rabbitmq.users" . | fromJsonArray -}}
{{- $key := include "rabbitmq.credentialKey" (list $ (printf "%s-password" $user)) -}}
{{- $keys = append $keys $key -}}
{{- $users = append $users (dict "name" $user "key" $key "tags" (include "rabbitmq.tags" (get $.Values.users $user) | fromJsonArray)) -}}
{{- $wanted := (get $.Values.users $user).connection | default list -}}
{{- $uris := dict -}}
{{- if has "amqp" $wanted -}}
{{- $uri := printf "%s://%s:PASSWORD@%s:%d/%s" (ternary "amqps" "amqp" $tls) $user $host (ternary 5671 5672 $tls) $vhost -}}
{{- $_ := set $uris "amqp-uri" $uri -}}
{{- $_ := set $uris "AMQP_URI" $uri -}}
{{- end -}}
{{- if has "management" $wanted -}}
{{- $_ := set $uris "management-uri" (printf "%s://%s:PASSWORD@%s:%d" (ternary "https" "http" $tls) $user $host (ternary 15671 15672 $tls)) -}}
{{- end -}}
{{- if $uris -}}
{{- $connections = append $connections (dict "name" (printf "%s-%s" $name $user) "user" $user "uris" $uris) -}}
{{- end -}}
{{- end -}}
{{- $generate := not .Values.auth.existingSecret -}}
{{- $client := dict "secret" (ternary .Values.tls.clientSecret "" (and $tls (ne .Values.tls.clients "none"))) -}}
{{- dict "client" $client "credentials" (dict "name" $credentials "keys" $keys "generate" $generate) "connections" $connections "cookie" $cookie "users" $users "ca" (dict "secret" (ternary (include "rabbitmq.tlsSecret" .) "" $tls) "configMap" (printf "%s-ca" $name) "text" (ternary .Values.tls.ca "" $tls)) | toPrettyJson -}}
{{- end -}}

{{- define "rabbitmq.jobFiles" -}}
connections.json: |
  {{- include "rabbitmq.connections" . | nindent 2 }}
{{- range $file := list "connections.escript" "connections.sh" "round-trip.escript" }}
{{ $file }}: |
  {{- $.Files.Get (printf "files/%s" $file) | nindent 2 }}
{{- end }}
{{- end -}}
