{{/* Helm's --reuse-values leaves out what a later chart has added, and people set values to null. A line of the file is the path of a value and its
     default (`make schema`). The first template that Helm renders, that of the test, includes this. */}}
{{- define "playlists.complete" -}}
{{- range .Files.Lines "files/values.txt" | compact -}}
{{- $line := splitn " " 2 . -}}
{{- $block := $.Values -}}
{{- $path := splitList "." $line._0 -}}
{{- range initial $path -}}
{{- if not (kindIs "map" (index $block .)) }}{{ $_ := set $block . dict }}{{ end -}}
{{- $block = index $block . -}}
{{- end -}}
{{- if kindIs "invalid" (index $block (last $path)) -}}
{{- $_ := set $block (last $path) (printf "default: %s" $line._1 | fromYaml).default -}}
{{- end -}}
{{- end -}}
{{- end -}}
