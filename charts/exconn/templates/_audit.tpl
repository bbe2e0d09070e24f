{{/*
The audit log of the monitor: how often it is sealed and verified, and the second places of its checkpoints.
*/}}

{{- define "exconn.audit.settings" -}}
{{- with .Values.monitor.audit }}
EXCONN_AUDIT_CHECKPOINT_EVERY: {{ .checkpointEvery | quote }}
EXCONN_AUDIT_VERIFY_EVERY: {{ .verifyEvery | quote }}
EXCONN_AUDIT_VERIFY_AT: {{ .verifyAt | quote }}
EXCONN_AUDIT_VERIFY_WITHIN: {{ .verifyWithin | quote }}
{{- with .syslog }}
{{- if .host }}
EXCONN_AUDIT_SYSLOG: {{ printf "tcp://%s:%v" .host .port | quote }}
{{- end }}
{{- end }}
{{- with .earlierKeys }}
EXCONN_AUDIT_EARLIER_KEYS: {{ join "," . | quote }}
{{- end }}
{{- if .anchorClaim }}
EXCONN_AUDIT_ANCHOR_FILE: /anchor/checkpoints
{{- end }}
{{- end }}
{{- end }}

{{- define "exconn.audit.mount" -}}
{{- if .Values.monitor.audit.anchorClaim }}
- name: anchor
  mountPath: /anchor
{{- end }}
{{- end }}

{{- define "exconn.audit.volume" -}}
{{- with .Values.monitor.audit.anchorClaim }}
- name: anchor
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- end }}
