{{/* Helm's --reuse-values leaves out what a later chart has added, and people set to null what is empty. A line of the file is the path of a value and,
     if that is empty, its default (`make schema`). The first template that Helm renders, that of the test, includes this. */}}
{{- define "playlists.complete" -}}
{{- $missing := list -}}
{{- range .Files.Lines "files/values.txt" | compact -}}
{{- $line := splitn " " 2 . -}}
{{- $block := $.Values -}}
{{- $path := splitList "." $line._0 -}}
{{- range initial $path -}}
{{- if not (kindIs "map" (index $block .)) }}{{ $_ := set $block . dict }}{{ end -}}
{{- $block = index $block . -}}
{{- end -}}
{{- if not (kindIs "invalid" (index $block (last $path))) -}}
{{- else if $line._1 -}}
{{- $_ := set $block (last $path) (printf "default: %s" $line._1 | fromYaml).default -}}
{{- else -}}
{{- $missing = append $missing $line._0 -}}
{{- end -}}
{{- end -}}
{{- with $missing -}}
{{- fail (printf "Missing values, as after helm upgrade --reuse-values: %s. Use --reset-then-reuse-values, which takes them from the chart, and remove what you have set to null: {} or [] means none." (join ", " .)) -}}
{{- end -}}
{{- end -}}
