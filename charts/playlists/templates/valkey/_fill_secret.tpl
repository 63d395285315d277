{{/* Spec of the Job that fills the Secret. It is hashed, so nothing in it may change by itself. */}}
{{- define "playlists.fillSecret" -}}
backoffLimit: 6
template:
  metadata:
    labels: {{- include "playlists.selectorLabels" . | nindent 6 }}
  spec:
    restartPolicy: OnFailure
    serviceAccountName: {{ include "playlists.name" . }}
    enableServiceLinks: false
    {{- with .root.Values.imagePullSecrets }}
    imagePullSecrets: {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext: {{- toYaml .root.Values.podSecurityContext | nindent 6 }}
    containers:
      - name: fill
        image: {{ .image }}
        imagePullPolicy: {{ .root.Values.image.pullPolicy }}
        command: [python, /script/fill_secret.py]
        args: [{{ include "playlists.base" .root }}-valkey, {{ include "playlists.base" .root }}-valkey.{{ .root.Release.Namespace }}]
        resources:
          requests: {cpu: 20m, memory: 32Mi, ephemeral-storage: 16Mi}
          limits: {memory: 64Mi, ephemeral-storage: 64Mi}
        securityContext: {{- toYaml .root.Values.securityContext | nindent 10 }}
        volumeMounts:
          - {name: script, mountPath: /script, readOnly: true}
    volumes:
      - name: script
        configMap: {name: {{ include "playlists.name" . }}}
    {{- with .root.Values.nodeSelector }}
    nodeSelector: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .root.Values.tolerations }}
    tolerations: {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end -}}
