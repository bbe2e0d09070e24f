{{/*
The monitor's database: a file on a volume, a server of this chart, or a server of yours. A database that comes with
the release does not exist before it is installed, so the monitor migrates it at its start; one of yours is migrated by
a hook, before anything of the new version starts.
*/}}

{{- define "exconn.monitor.environment" -}}
{{- if eq .Values.monitor.database.kind "postgresql" }}
- name: EXCONN_MONITOR_DATABASE
  valueFrom:
    secretKeyRef:
      name: {{ .Values.monitor.database.existingSecret }}
      key: {{ .Values.monitor.database.urlKey }}
{{- end }}
{{- end }}

{{- define "exconn.monitor.names" -}}
{{- /* Which names a request may carry: of the Service, of a forwarded port, and those that values add. */ -}}
{{- $service := include "exconn.objectOf" (list . "monitor") -}}
{{- $names := list "$(POD_IP)" $service (printf "%s.%s" $service .Release.Namespace) (printf "%s.%s.svc" $service .Release.Namespace) "localhost" "127.0.0.1" -}}
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: EXCONN_MONITOR_NAMES
  value: {{ join "," (concat $names .Values.monitor.names) | quote }}
{{- end }}

{{- define "exconn.monitor.mount" -}}
{{- if eq .Values.monitor.database.kind "sqlite" }}
- name: database
  mountPath: /database
{{- end }}
{{- end }}

{{- define "exconn.monitor.volume" -}}
{{- if eq .Values.monitor.database.kind "sqlite" }}
- name: database
  persistentVolumeClaim:
    claimName: {{ include "exconn.objectOf" (list . "monitor") }}
{{- end }}
{{- end }}

{{- define "exconn.monitor.migratedByHook" -}}
{{- if and (eq .Values.monitor.database.kind "postgresql") (not .Values.postgresql.bundled) }}true{{ end }}
{{- end }}
