{{/*
The way to ledger and broker: the URL of each is a file from an existing Secret, so that it is in no environment; with TLS
authority, client certificate and key lie in a folder beside it. Unless values name one key for all, each service has keys
and a user of its own. Take (dict "root" $ "name" COMPONENT), volumes also "servers", and "user" where it is another one's.
*/}}

{{- define "exconn.server.key" -}}
{{- /* (dict "server" .Values.ledger "name" COMPONENT) */ -}}
{{ .server.urlKey | default (printf "%s-url" .name) }}
{{- end }}

{{- define "exconn.servers.volume" -}}
- name: {{ .volume | default "servers" }}
  projected:
    defaultMode: 0440
    sources:
      {{- range $server := .servers }}
      {{- $values := index $.root.Values $server }}
      - secret:
          name: {{ $values.existingSecret }}
          items:
            - key: {{ include "exconn.server.key" (dict "server" $values "name" ($.user | default $.name)) }}
              path: {{ $server }}-url
      {{- if $values.tls.enabled }}
      {{- $prefix := ternary "" (printf "%s-" $.name) $values.tls.shared }}
      - secret:
          name: {{ $values.tls.existingSecret }}
          items:
            - key: ca.crt
              path: {{ $server }}/ca.crt
            {{- range $file := list "tls.crt" "tls.key" }}
            - key: {{ $prefix }}{{ $file }}
              path: {{ $server }}/{{ $file }}
            {{- end }}
      {{- end }}
      {{- end }}
{{- end }}

{{- define "exconn.servers.mount" -}}
- name: {{ .volume | default "servers" }}
  mountPath: /etc/exconn/servers
  readOnly: true
{{- end }}

{{- define "exconn.servers.ledger" -}}
- name: EXCONN_LEDGER_URL_FILE
  value: /etc/exconn/servers/ledger-url
{{- end }}

{{- define "exconn.servers.broker" -}}
- name: EXCONN_BROKER_URL_FILE
  value: /etc/exconn/servers/broker-url
{{- end }}

{{- define "exconn.server.url" -}}
{{- /* The form of the URLs to a bundled server, for the notes: (list $ "ledger"). */ -}}
{{- $server := index . 1 -}}
{{- $tls := (index (index . 0).Values $server).tls.enabled -}}
{{- $folder := printf "/etc/exconn/servers/%s" $server -}}
{{ ternary "rediss" "redis" $tls }}://USER:PASSWORD@{{ include "exconn.objectOf" . }}:6379/0
{{- if $tls }}?ssl_ca_certs={{ $folder }}/ca.crt&ssl_certfile={{ $folder }}/tls.crt&ssl_keyfile={{ $folder }}/tls.key{{ end }}
{{- end }}
