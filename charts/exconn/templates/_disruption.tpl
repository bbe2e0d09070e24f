{{/* A disruption budget: one pod of a component at a time, so that a drain neither stops a service nor hangs. */}}

{{- define "exconn.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "exconn.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "exconn.selector" . | nindent 6 }}
{{- end }}
