{{/*
Settings. Each component defines "exconn.settings.COMPONENT" (lines of EXCONN_ variables, taking the root); here they
become a ConfigMap, its checksum on the pods, and its use by the container.
*/}}

{{- define "exconn.settings.common" -}}
EXCONN_STATE_DIR: /state
EXCONN_LOG_LEVEL: {{ .Values.log.level | quote }}
EXCONN_LOG_FORMAT: {{ .Values.log.format | quote }}
EXCONN_LEDGER_DURABILITY: {{ default (ternary "disk" "confirmed" .Values.ledger.bundled) .Values.ledger.durability | quote }}
EXCONN_LEDGER_REPLICAS: {{ .Values.ledger.replicas | quote }}
EXCONN_LEDGER_CONFIRM_WITHIN: {{ .Values.ledger.confirmWithin | quote }}
{{- end }}

{{- define "exconn.settings.of" -}}
{{ include (printf "exconn.settings.%s" .name) .root }}
{{- end }}

{{- define "exconn.settings.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "exconn.metadata" . | nindent 2 }}
data:
  {{- include "exconn.settings.of" . | nindent 2 }}
{{- end }}

{{- define "exconn.settings.checksum" -}}
checksum/settings: {{ include "exconn.settings.of" . | sha256sum }}
{{- end }}

{{- define "exconn.settings.use" -}}
envFrom:
  - configMapRef:
      name: {{ include "exconn.object" . }}
{{- end }}
