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

{{/* Not empty where a worker has a file for Kerberos; without krb5.conf the image's own settings count. */}}
{{- define "exconn.kerberos.files" -}}
{{- with .root.Values.exchange.kerberos }}
{{- if .enabled }}{{ .existingConfigMap }}{{ (index $.root.Values $.name).keytabSecret }}{{ end }}
{{- end }}
{{- end }}

{{- define "exconn.kerberos.volume" -}}
{{- if include "exconn.kerberos.files" . | trim }}
- name: kerberos
  projected:
    defaultMode: 0440
    sources:
      {{- with .root.Values.exchange.kerberos.existingConfigMap }}
      - configMap:
          name: {{ . }}
          items:
            - key: krb5.conf
              path: krb5.conf
      {{- end }}
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
{{- if include "exconn.kerberos.files" . | trim }}
- name: kerberos
  mountPath: /etc/exconn/kerberos
  readOnly: true
{{- end }}
{{- end }}

{{- define "exconn.kerberos.environment" -}}
{{- if .root.Values.exchange.kerberos.enabled }}
- name: KRB5_CONFIG
  value: {{ with .root.Values.exchange.kerberos.existingConfigMap }}/etc/exconn/kerberos/krb5.conf:{{ end }}/etc/krb5.conf
- name: KRB5CCNAME
  value: FILE:/tmp/krb5cc
{{- if (index .root.Values .name).keytabSecret }}
- name: KRB5_CLIENT_KTNAME
  value: FILE:/etc/exconn/kerberos/keytab
{{- end }}
{{- end }}
{{- end }}
