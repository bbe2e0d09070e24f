{{/*
Keys that services sign with: each pod gets its own private key and the public ones that it checks by, and no other.
Takes (dict "root" $ "name" "intake").
*/}}

{{- define "exconn.signing.items" -}}
{{- $signing := .root.Values.signing -}}
{{- if eq .name "intake" }}
- {key: {{ $signing.intakeKey }}, path: intake.pem}
{{- else if eq .name "actions" }}
- {key: {{ $signing.intakePublicKey }}, path: intake.pub}
- {key: {{ $signing.actionsKey }}, path: actions.pem}
{{- else if eq .name "monitor" }}
- {key: {{ $signing.actionsPublicKey }}, path: actions.pub}
- {key: {{ $signing.monitorKey }}, path: monitor.pem}
{{- end }}
{{- end }}

{{- define "exconn.signing.volume" -}}
{{- if and .root.Values.signing.existingSecret (has .name (list "intake" "actions" "monitor")) }}
- name: signing
  secret:
    secretName: {{ .root.Values.signing.existingSecret }}
    defaultMode: 0440
    items:
      {{- include "exconn.signing.items" . | nindent 6 }}
{{- end }}
{{- end }}

{{- define "exconn.signing.mount" -}}
{{- if and .root.Values.signing.existingSecret (has .name (list "intake" "actions" "monitor")) }}
- name: signing
  mountPath: /etc/exconn/signing
  readOnly: true
{{- end }}
{{- end }}

{{- define "exconn.signing.settings" -}}
{{- if .root.Values.signing.existingSecret }}
{{- if eq .name "intake" }}
EXCONN_INTAKE_KEY_FILE: /etc/exconn/signing/intake.pem
{{- else if eq .name "actions" }}
EXCONN_INTAKE_PUBLIC_KEY_FILE: /etc/exconn/signing/intake.pub
EXCONN_ACTIONS_KEY_FILE: /etc/exconn/signing/actions.pem
{{- else if eq .name "monitor" }}
EXCONN_ACTIONS_PUBLIC_KEY_FILE: /etc/exconn/signing/actions.pub
EXCONN_AUDIT_KEY_FILE: /etc/exconn/signing/monitor.pem
{{- end }}
{{- end }}
{{- end }}
