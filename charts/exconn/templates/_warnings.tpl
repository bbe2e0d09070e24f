{{/* What works but is risky: one sentence a line, shown after an installation. */}}

{{- define "exconn.warnings" -}}
{{- if not .Values.networkPolicies.enabled }}
networkPolicies.enabled is false: a fallen pod can reach Exchange and everything else that the cluster lets it.
{{- end }}
{{- range $key := list "hosts" "signIns" }}
{{- if not (index $.Values.exchange $key) }}
exchange.{{ $key }} is empty: who may apply a definition can have workers show their passwords to any server that they reach.
{{- end }}
{{- end }}
{{- range .Values.exchange.cidrs }}
{{- if hasSuffix "/0" . }}
exchange.cidrs contains {{ . }}: workers may reach every address on port {{ $.Values.exchange.port }}; name the Exchange servers.
{{- end }}
{{- end }}
{{- if .Values.ledger.bundled }}
ledger.bundled is true: one server on one volume; while it is away no request is accepted and nothing is wiped. Back its volume up.
{{- end }}
{{- range $server := list "ledger" "broker" }}
{{- with index $.Values $server }}
{{- if .urlKey }}
{{ $server }}.urlKey is {{ .urlKey }}: all services share one user of the {{ $server }}, so a fallen one can do there what any of them can.
{{- end }}
{{- if and .bundled (not .tls.enabled) }}
{{ $server }}.tls.enabled is false: passwords and jobs cross the cluster's network in the clear.
{{- end }}
{{- end }}
{{- end }}
{{- if not .Values.signing.existingSecret }}
signing.existingSecret is empty: answers, records of actions and checkpoints are not signed, so a forged one is not seen.
{{- end }}
{{- if not (or .Values.monitor.audit.anchorClaim .Values.monitor.audit.syslog.host) }}
monitor.audit names neither anchorClaim nor syslog: who writes the monitor's database can cut its log off together with the checkpoints.
{{- end }}
{{- if eq .Values.monitor.database.kind "sqlite" }}
monitor.database.kind is sqlite: one monitor on one volume; console and metrics are away while it moves. Back its volume up.
{{- end }}
{{- if and .Values.postgresql.bundled (not .Values.postgresql.tlsSecret) }}
postgresql.tlsSecret is empty: what the monitor writes crosses the cluster's network in the clear.
{{- end }}
{{- if and .Values.flower.enabled (not .Values.flower.existingSecret) }}
flower.existingSecret is empty: who reaches Flower needs no login to see the queues and workers.
{{- end }}
{{- range $key := list "intake" "monitor" "flower" }}
{{- range (index $.Values $key).allowFrom }}
{{- if and .cidr (hasSuffix "/0" .cidr) }}
{{ $key }}.allowFrom contains {{ .cidr }}: everybody may reach {{ $key }}.
{{- end }}
{{- end }}
{{- end }}
{{- if and (not .Values.image.digest) (eq .Values.image.tag "latest") }}
image.tag is latest: two starts may run two versions; name a version or a digest.
{{- end }}
{{- if eq .Values.log.level "debug" }}
log.level is debug: logs grow fast.
{{- end }}
{{- if not .Values.discovery.passwords }}
discovery.passwords is empty: no connector can be installed before the discovery workers have the password files that it names.
{{- end }}
{{- end }}
