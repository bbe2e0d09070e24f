{{/*
What a worker signs in to Exchange with: password files at the paths that definitions name, and Kerberos files.
Each worker mounts its own only. Take (dict "root" $ "name" WORKER).
*/}}

{{- define "exconn.passwords.volume" -}}
{{- with (index .root.Values .name).passwords }}
- name: passwords
  projected:
    defaultMode: 0440
    sources:
      {{- range . }}
      - secret:
          name: {{ .existingSecret }}
          items:
            - key: {{ .key }}
              path: {{ .file }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "exconn.passwords.mount" -}}
{{- if (index .root.Values .name).passwords }}
- name: passwords
  mountPath: {{ .root.Values.passwordFolder }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "exconn.kerberos.volume" -}}
{{- if .root.Values.exchange.kerberos.enabled }}
- name: kerberos
  projected:
    defaultMode: 0440
    sources:
      - configMap:
          name: {{ .root.Values.exchange.kerberos.existingConfigMap }}
          items:
            - key: krb5.conf
              path: krb5.conf
      {{- with (index .root.Values .name).keytabSecret }}
      - secret:
          name: {{ . }}
          items:
            - key: keytab
              path: keytab
      {{- end }}
{{- end }}
{{- end }}

{{- define "exconn.kerberos.mount" -}}
{{- if .root.Values.exchange.kerberos.enabled }}
- name: kerberos
  mountPath: /etc/exconn/kerberos
  readOnly: true
{{- end }}
{{- end }}

{{- define "exconn.kerberos.environment" -}}
{{- if .root.Values.exchange.kerberos.enabled }}
- name: KRB5_CONFIG
  value: /etc/exconn/kerberos/krb5.conf
- name: KRB5CCNAME
  value: FILE:/tmp/krb5cc
{{- if (index .root.Values .name).keytabSecret }}
- name: KRB5_CLIENT_KTNAME
  value: FILE:/etc/exconn/kerberos/keytab
{{- end }}
{{- end }}
{{- end }}
