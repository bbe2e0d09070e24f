{{/*
TLS that intake and monitor serve themselves, with the certificate in a Secret of yours, as cert-manager writes it. A renewed
Secret reaches the process without a restart. Takes (dict "root" $ "name" "intake").
*/}}

{{- define "exconn.serviceTls.volume" -}}
{{- with (index .root.Values .name).tlsSecret }}
- name: certificate
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
{{- end }}
{{- end }}

{{- define "exconn.serviceTls.mount" -}}
{{- if (index .root.Values .name).tlsSecret }}
- name: certificate
  mountPath: /etc/exconn/certificate
  readOnly: true
{{- end }}
{{- end }}

{{- define "exconn.serviceTls.settings" -}}
{{- if (index .root.Values .name).tlsSecret }}
EXCONN_{{ upper .name }}_TLS_CERT_FILE: /etc/exconn/certificate/tls.crt
EXCONN_{{ upper .name }}_TLS_KEY_FILE: /etc/exconn/certificate/tls.key
{{- end }}
{{- end }}

{{- define "exconn.serviceTls.scheme" -}}
{{ ternary "HTTPS" "HTTP" (not (empty (index .root.Values .name).tlsSecret)) }}
{{- end }}
