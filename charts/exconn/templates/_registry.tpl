{{/*
The registry of requesters, mounted as a folder: a changed Secret then reaches the process without a restart.
*/}}

{{- define "exconn.registry.volume" -}}
- name: registry
  secret:
    secretName: {{ .root.Values.requesters.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .root.Values.requesters.key }}
        path: requesters.toml
{{- end }}

{{- define "exconn.registry.mount" -}}
- name: registry
  mountPath: /etc/exconn/registry
  readOnly: true
{{- end }}

{{- define "exconn.registry.setting" -}}
EXCONN_REQUESTERS_FILE: /etc/exconn/registry/requesters.toml
{{- end }}
