{{/*
What every pod and container of the chart has, so that none can be without it: the restricted pod security
standard, no service-account token, a read-only root beside /tmp and a state folder of its own.
All take (dict "root" $ "name" COMPONENT).
*/}}

{{- define "exconn.pod" -}}
{{- /* A hook runs before the account of the release is there, so it keeps the namespace's own, also without token. */ -}}
{{- if not .hook }}
serviceAccountName: {{ include "exconn.objectOf" (list .root "pods") }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.scheduling.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.scheduling.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.scheduling.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "exconn.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "exconn.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- define "exconn.container.security" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "exconn.container" -}}
{{- /* Image and security of a container that runs our own code. */ -}}
image: {{ include "exconn.imageOf" (dict "image" .root.Values.image "tag" .root.Chart.AppVersion) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{ include "exconn.container.security" . }}
{{- end }}

{{- define "exconn.mounts" -}}
- name: tmp
  mountPath: /tmp
- name: state
  mountPath: /state
{{- if .root.Values.trust.existingConfigMap }}
- name: trust
  mountPath: /etc/exconn/trust
  readOnly: true
{{- end }}
{{- end }}

{{- define "exconn.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
- name: state
  emptyDir:
    sizeLimit: 64Mi
{{ include "exconn.volume.trust" . }}
{{- end }}

{{- define "exconn.volume.trust" -}}
{{- with .root.Values.trust.existingConfigMap }}
- name: trust
  configMap:
    name: {{ . }}
{{- end }}
{{- end }}

{{- define "exconn.strategy" -}}
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: 0
    maxSurge: 1
{{- end }}
