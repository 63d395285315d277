{{/* Spec of the Job that fills the Secrets. It is hashed, so nothing in it may change by itself. */}}
{{- define "playlists.fillSecrets" -}}
backoffLimit: 6
template:
  {{- include "playlists.podTemplate" (merge (dict "spec" (include "playlists.fillSecretsSpec" .)) .) | nindent 2 }}
{{- end -}}

{{- define "playlists.fillSecretsSpec" -}}
restartPolicy: OnFailure
serviceAccountName: {{ include "playlists.name" . | quote }}
automountServiceAccountToken: true
containers:
  - name: fill
    image: {{ include "playlists.image" (dict "root" .root "image" .root.Values.gateway.image) }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: [python, /script/fill_secrets.py]
    args: [/script/secrets.json]
    resources: {{- toYaml .root.Values.jobResources | nindent 6 }}
    securityContext: {{- toYaml .root.Values.securityContext | nindent 6 }}
    volumeMounts:
      - {name: script, mountPath: /script, readOnly: true}
volumes:
  - name: script
    configMap: {name: {{ include "playlists.name" . | quote }}}
{{- end -}}
