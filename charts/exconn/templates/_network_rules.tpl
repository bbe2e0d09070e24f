{{/*
Edges of network policies. "exconn.policy" frames one component's policy; the others are items of its ingress or egress
list. A bundled server is reached by its label, a server of yours by its addresses.
*/}}

{{- define "exconn.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "exconn.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "exconn.selector" . | nindent 6 }}
{{- end }}

{{- define "exconn.edge.dns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .Values.networkPolicies.dns.namespace }}
      podSelector:
        matchLabels:
          {{- toYaml (default (dict "k8s-app" "kube-dns") .Values.networkPolicies.dns.podLabels) | nindent 10 }}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}

{{- define "exconn.edge.cidrs" -}}
{{- /* (dict "cidrs" list "port" 443) */ -}}
- to:
    {{- range .cidrs }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}

{{- define "exconn.edge.component" -}}
{{- /* (dict "root" $ "name" "ledger" "port" 6379) */ -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "exconn.selector" . | nindent 10 }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}

{{- define "exconn.edge.server" -}}
{{- /* To ledger or broker: (list $ "ledger"). */ -}}
{{- $root := index . 0 -}}
{{- $values := index $root.Values (index . 1) -}}
{{- if $values.bundled }}
{{- include "exconn.edge.component" (dict "root" $root "name" (index . 1) "port" 6379) }}
{{- else }}
{{- include "exconn.edge.cidrs" $values }}
{{- end }}
{{- end }}

{{- define "exconn.edge.database" -}}
{{- if .Values.postgresql.bundled }}
{{- include "exconn.edge.component" (dict "root" $ "name" "postgresql" "port" 5432) }}
{{- else if eq .Values.monitor.database.kind "postgresql" }}
{{- include "exconn.edge.cidrs" .Values.monitor.database }}
{{- end }}
{{- end }}

{{- define "exconn.edge.exchange" -}}
{{- include "exconn.edge.cidrs" .Values.exchange }}
{{- with .Values.exchange.kerberos }}
{{- if .enabled }}
- to:
    {{- range .cidrs }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  ports:
    - {protocol: TCP, port: 88}
    - {protocol: UDP, port: 88}
{{- end }}
{{- end }}
{{- end }}

{{- define "exconn.edge.from" -}}
{{- /* Who values let in: (dict "from" .Values.intake.allowFrom "port" 8781). */ -}}
- from:
    {{- range .from }}
    {{- if .cidr }}
    - ipBlock:
        cidr: {{ .cidr }}
    {{- else }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .namespace }}
      {{- with .podLabels }}
      podSelector:
        matchLabels:
          {{- toYaml . | nindent 10 }}
      {{- end }}
    {{- end }}
    {{- end }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}

{{- define "exconn.edge.fromComponents" -}}
{{- /* (dict "root" $ "names" (list "intake") "port" 6379) */ -}}
- from:
    {{- range .names }}
    - podSelector:
        matchLabels:
          {{- include "exconn.selector" (dict "root" $.root "name" .) | nindent 10 }}
    {{- end }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}
