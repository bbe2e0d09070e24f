{{/*
What a worker signs in to Exchange with: password files and a keytab at the paths that definitions name, and krb5.conf.
Each worker mounts its own only. Take (dict "root" $ "name" WORKER).
*/}}

{{/* The Secret with the worker's keytab; empty without Kerberos. */}}
{{- define "exconn.keytab" -}}
{{- if .root.Values.exchange.kerberos.enabled }}{{ (index .root.Values .name).keytabSecret }}{{ end }}
{{- end }}

{{/* Not empty where a worker has a secret of its own. */}}
{{- define "exconn.passwords.files" -}}
{{- range (index .root.Values .name).passwords }}{{ .file }}{{ end }}{{ include "exconn.keytab" . }}
{{- end }}

{{- define "exconn.passwords.volume" -}}
{{- if include "exconn.passwords.files" . | trim }}
- name: passwords
  projected:
    defaultMode: 0440
    sources:
      {{- range (index .root.Values .name).passwords }}
      - secret:
          name: {{ .existingSecret }}
          items:
            - key: {{ .key }}
              path: {{ .file }}
      {{- end }}
      {{- with include "exconn.keytab" . }}
      - secret:
          name: {{ . }}
          items:
            - key: keytab
              path: keytab
      {{- end }}
{{- end }}
{{- end }}

{{- define "exconn.passwords.mount" -}}
{{- if include "exconn.passwords.files" . | trim }}
- name: passwords
  mountPath: {{ .root.Values.passwordFolder }}
  readOnly: true
{{- end }}
{{- end }}

{{/* Not empty where there is a krb5.conf; without it the image's own settings count. */}}
{{- define "exconn.kerberos.files" -}}
{{- with .root.Values.exchange.kerberos }}
{{- if .enabled }}{{ .existingConfigMap }}{{ end }}
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
  value: FILE:{{ .root.Values.passwordFolder }}/keytab
{{- end }}
{{- end }}
{{- end }}
