{{/*
A bundled Valkey server: ledger and broker differ in their configuration and in whether they have a volume.
Takes (dict "root" $ "name" "ledger"). Its users come from users.acl of the existing Secret; the probes ask as the user
health, who may do nothing but PING.
*/}}

{{- define "exconn.settings.valkey" -}}
valkey.conf: |
  {{- if .tls.enabled }}
  port 0
  tls-port 6379
  tls-auth-clients yes
  tls-ca-cert-file /etc/valkey/tls/ca.crt
  tls-cert-file /etc/valkey/tls/tls.crt
  tls-key-file /etc/valkey/tls/tls.key
  {{- else }}
  port 6379
  {{- end }}
  dir /data
  # Who may connect is up to users.acl; this mode would refuse everybody where the default user is off.
  protected-mode no
  aclfile /etc/valkey/users/users.acl
  maxmemory {{ .server.maxmemory }}
  maxmemory-policy noeviction
  save ""
{{- end }}

{{- define "exconn.settings.ledger" -}}
{{ include "exconn.settings.valkey" .Values.ledger }}
  appendonly yes
  appendfsync always
{{- end }}

{{- define "exconn.settings.broker" -}}
{{ include "exconn.settings.valkey" .Values.broker }}
  appendonly no
{{- end }}

{{- define "exconn.valkey.ping" -}}
{{- $tls := ternary "--tls --cacert /etc/valkey/tls/ca.crt --cert /etc/valkey/tls/tls.crt --key /etc/valkey/tls/tls.key " "" (index .root.Values .name).tls.enabled -}}
exec:
  command: [sh, -c, 'test "$(REDISCLI_AUTH=$(cat /etc/valkey/users/health-password) valkey-cli {{ $tls }}--user health ping)" = PONG']
timeoutSeconds: 5
{{- end }}

{{- define "exconn.valkey" -}}
{{- $values := index .root.Values .name -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "exconn.metadata" . | nindent 2 }}
spec:
  replicas: 1
  serviceName: {{ include "exconn.object" . }}
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
      # Long enough to write everything out; a file that is fsynced at each write has little left.
      terminationGracePeriodSeconds: 60
      containers:
        - name: valkey
          image: {{ include "exconn.imageOf" (dict "image" .root.Values.valkey.image) | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          {{- include "exconn.container.security" . | nindent 10 }}
          command: [valkey-server, /etc/valkey/settings/valkey.conf]
          ports:
            - name: valkey
              containerPort: 6379
          startupProbe:
            {{- include "exconn.valkey.ping" . | nindent 12 }}
            periodSeconds: 5
            failureThreshold: 120
          livenessProbe:
            tcpSocket:
              port: valkey
            periodSeconds: 15
            failureThreshold: 4
          readinessProbe:
            {{- include "exconn.valkey.ping" . | nindent 12 }}
            periodSeconds: 10
            failureThreshold: 2
          resources:
            {{- toYaml $values.server.resources | nindent 12 }}
          volumeMounts:
            - name: settings
              mountPath: /etc/valkey/settings
              readOnly: true
            - name: users
              mountPath: /etc/valkey/users
              readOnly: true
            {{- if $values.tls.enabled }}
            - name: tls
              mountPath: /etc/valkey/tls
              readOnly: true
            {{- end }}
            - name: data
              mountPath: /data
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: settings
          configMap:
            name: {{ include "exconn.object" . }}
        - name: users
          secret:
            secretName: {{ $values.existingSecret }}
            defaultMode: 0440
            items:
              - key: users.acl
                path: users.acl
              - key: health-password
                path: health-password
        {{- if $values.tls.enabled }}
        - name: tls
          secret:
            secretName: {{ $values.tls.serverSecret }}
            defaultMode: 0440
            items:
              {{- range $file := list "ca.crt" "tls.crt" "tls.key" }}
              - key: {{ $file }}
                path: {{ $file }}
              {{- end }}
        {{- end }}
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
        {{- if not .claim }}
        - name: data
          emptyDir: {}
        {{- end }}
  {{- if .claim }}
  {{- include "exconn.claim" (dict "size" $values.server.storageSize "class" $values.server.storageClassName) | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "exconn.claim" -}}
volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .class }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ .size }}
{{- end }}

{{- define "exconn.headless" -}}
{{- /* The Service of a server with one pod: (dict "root" $ "name" "ledger" "portName" "valkey" "port" 6379). */ -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "exconn.metadata" . | nindent 2 }}
spec:
  clusterIP: None
  selector:
    {{- include "exconn.selector" . | nindent 4 }}
  ports:
    - name: {{ .portName }}
      port: {{ .port }}
      targetPort: {{ .portName }}
{{- end }}
