{{/* A Grafana dashboard, as JSON, of the panels in files/panels.yaml, two in a row. */}}
{{- define "rabbitmq.dashboard" -}}
{{- $datasource := dict "type" "prometheus" "uid" "${datasource}" -}}
{{- $wanted := .Files.Get "files/panels.yaml" | fromYaml -}}
{{- $panels := list -}}
{{- range $number, $panel := $wanted.panels -}}
{{- $targets := list -}}
{{- range $index, $target := $panel.targets -}}
{{- $targets = append $targets (dict "refId" (printf "%c" (add 65 $index | int)) "expr" $target.expr "legendFormat" $target.legend) -}}
{{- end -}}
{{- $position := dict "h" 8 "w" 12 "x" (mul 12 (mod $number 2)) "y" (mul 8 (div $number 2)) -}}
{{- $defaults := dict "unit" ($panel.unit | default "short") "min" 0 -}}
{{- $panels = append $panels (dict "id" (add1 $number) "type" "timeseries" "title" $panel.title "datasource" $datasource "gridPos" $position "fieldConfig" (dict "defaults" $defaults "overrides" list) "targets" $targets) -}}
{{- end -}}
{{- $variables := list (dict "name" "datasource" "type" "datasource" "query" "prometheus") (dict "name" "namespace" "type" "query" "datasource" $datasource "query" $wanted.namespaces "refresh" 2) -}}
{{- dict "title" $wanted.title "uid" $wanted.uid "schemaVersion" 39 "version" 1 "refresh" "15s" "time" (dict "from" "now-1h" "to" "now") "tags" $wanted.tags "templating" (dict "list" $variables) "panels" $panels | toPrettyJson -}}
{{- end -}}
