{{/*
Probes. A process without a port is asked by the health command, which wants a late sign of life on the ledger, and of a
worker that a doorbell came through lately; only five minutes without mean a restart, since a restart would not bring
back a server that is away. A process with a port is alive when it listens, and ready when /health says that it can work.
*/}}

{{- define "exconn.probes.command" -}}
startupProbe:
  exec:
    command: [python, -m, exconn.health]
  periodSeconds: 5
  timeoutSeconds: 10
  failureThreshold: 24
livenessProbe:
  exec:
    command: [python, -m, exconn.health]
  periodSeconds: 30
  timeoutSeconds: 10
  failureThreshold: 10
{{- end }}

{{- define "exconn.probes.http" -}}
{{- /* (dict "path" "/health" "scheme" "HTTPS") on the port named http; without a scheme, HTTP */ -}}
startupProbe:
  tcpSocket:
    port: http
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  tcpSocket:
    port: http
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet:
    path: {{ .path }}
    port: http
    scheme: {{ default "HTTP" .scheme }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 2
{{- end }}
