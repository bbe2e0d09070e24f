{{/* A Service in front of the port named http: (dict "root" $ "name" "intake" "port" 8781). */}}

{{- define "exconn.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "exconn.metadata" . | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- include "exconn.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ .port }}
      targetPort: http
{{- end }}
