{{/*
Names. Every object's name comes from here: "exconn.fullname" with the root, "exconn.object" with
(dict "root" $ "name" "monitor"). Names are cut so that the longest suffix fits into 63 characters.
*/}}

{{- define "exconn.chart" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "exconn.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "exconn.chart" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "exconn.chart" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "exconn.object" -}}
{{ include "exconn.fullname" .root }}-{{ .name }}
{{- end }}

{{- define "exconn.objectOf" -}}
{{- /* The object of another component: (list $ "ledger"). */ -}}
{{ include "exconn.object" (dict "root" (index . 0) "name" (index . 1)) }}
{{- end }}

{{- define "exconn.selector" -}}
app.kubernetes.io/name: {{ include "exconn.chart" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "exconn.labels" -}}
{{ include "exconn.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "exconn.metadata" -}}
name: {{ include "exconn.object" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "exconn.labels" . | nindent 2 }}
{{- end }}

{{- define "exconn.imageOf" -}}
{{- /* An image by digest, or else by tag: (dict "image" .Values.image "tag" "default tag"). */ -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .tag }}
{{- end }}
{{- end }}
