{{/*
The way to ledger and broker: the URL of each is a file from an existing Secret, so that it is in no environment.
Unless values name one key for all, each service has a key and a user of its own. Take (dict "root" $ "name" COMPONENT), volumes also "servers".
*/}}

{{- define "exconn.server.key" -}}
{{- /* (dict "server" .Values.ledger "name" COMPONENT) */ -}}
{{ .server.urlKey | default (printf "%s-url" .name) }}
{{- end }}

{{- define "exconn.servers.volume" -}}
- name: servers
  projected:
    defaultMode: 0440
    sources:
      {{- range $server := .servers }}
      {{- $values := index $.root.Values $server }}
      - secret:
          name: {{ $values.existingSecret }}
          items:
            - key: {{ include "exconn.server.key" (dict "server" $values "name" $.name) }}
              path: {{ $server }}-url
      {{- end }}
{{- end }}

{{- define "exconn.servers.mount" -}}
- name: servers
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
