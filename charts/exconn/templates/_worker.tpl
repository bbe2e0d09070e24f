{{/*
A worker's Deployment: the three differ in values, replicas, registry and module only.
Takes (dict "root" $ "name" "actions" "replicas" 2 "registry" true); without replicas an autoscaler sets them.
*/}}

{{- define "exconn.settings.worker" -}}
{{ include "exconn.settings.common" . }}
EXCONN_WORKER_POOL: {{ .Values.workers.pool | quote }}
EXCONN_WORKER_CONCURRENCY: {{ .Values.workers.concurrency | quote }}
EXCONN_LEASE: {{ .Values.workers.lease | quote }}
EXCONN_STOP_WITHIN: {{ printf "%vs" .Values.workers.stopWithinSeconds | quote }}
{{- end }}

{{- define "exconn.worker" -}}
{{- $values := index .root.Values .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "exconn.metadata" . | nindent 2 }}
spec:
  {{- if hasKey . "replicas" }}
  replicas: {{ .replicas }}
  {{- end }}
  {{- include "exconn.strategy" . | nindent 2 }}
  selector:
    matchLabels:
      {{- include "exconn.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "exconn.labels" . | nindent 8 }}
      annotations:
        {{- include "exconn.settings.checksum" . | nindent 8 }}
    spec:
      {{- include "exconn.pod" . | nindent 6 }}
      {{- include "exconn.spread" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ .root.Values.workers.terminationGracePeriodSeconds }}
      containers:
        - name: {{ .name }}
          {{- include "exconn.container" . | nindent 10 }}
          command: [python, -m, exconn.{{ .name }}]
          {{- include "exconn.settings.use" . | nindent 10 }}
          env:
            {{- include "exconn.servers.ledger" . | nindent 12 }}
            {{- include "exconn.servers.broker" . | nindent 12 }}
            {{- include "exconn.kerberos.environment" . | nindent 12 }}
          {{- include "exconn.probes.command" . | nindent 10 }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            {{- include "exconn.mounts" . | nindent 12 }}
            {{- include "exconn.servers.mount" . | nindent 12 }}
            {{- if .registry }}
            {{- include "exconn.registry.mount" . | nindent 12 }}
            {{- end }}
            {{- include "exconn.signing.mount" . | nindent 12 }}
            {{- include "exconn.passwords.mount" . | nindent 12 }}
            {{- include "exconn.kerberos.mount" . | nindent 12 }}
      volumes:
        {{- include "exconn.volumes" . | nindent 8 }}
        {{- include "exconn.servers.volume" (merge (dict "servers" (list "ledger" "broker")) .) | nindent 8 }}
        {{- if .registry }}
        {{- include "exconn.registry.volume" . | nindent 8 }}
        {{- end }}
        {{- include "exconn.signing.volume" . | nindent 8 }}
        {{- include "exconn.passwords.volume" . | nindent 8 }}
        {{- include "exconn.kerberos.volume" . | nindent 8 }}
{{- end }}
