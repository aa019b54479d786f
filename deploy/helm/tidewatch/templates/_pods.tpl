{{- /* Pod Security "restricted": (dict "user" 10001) */ -}}
{{- define "tidewatch.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "tidewatch.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities: { drop: [ALL] }
{{- end }}

{{- /* What all pods have alike: (dict "root" $ "account" "name of the service account" "user" 10001) */ -}}
{{- define "tidewatch.podCommon" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "tidewatch.podSecurity" . | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.scheduling.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.scheduling.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.scheduling.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- /* Pods of a rollout are spread by themselves: the old ones must not count. */ -}}
{{- define "tidewatch.spread" -}}
{{- $when := .root.Values.scheduling.whenUnsatisfiable }}
topologySpreadConstraints:
  {{- range $key, $whenNot := dict "topology.kubernetes.io/zone" $when "kubernetes.io/hostname" "ScheduleAnyway" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $whenNot }}
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels: {{- include "tidewatch.selector" $ | nindent 8 }}
  {{- end }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "tidewatch.selector" . | nindent 14 }}
{{- end }}

{{- define "tidewatch.secretName" -}}
{{- .Values.secrets.existingSecret | default (printf "%s-secrets" (include "tidewatch.fullname" .)) }}
{{- end }}

{{- /*
Secrets as files below /run/secrets/tidewatch: (dict "root" $ "keys" (list "session-key") "secret" "optional: another name" "backends" true "traces" true).
"backends": what Kafka and the database need as well; "traces": what the collector does.
*/ -}}
{{- define "tidewatch.secretsVolume" -}}
{{- $kafka := .root.Values.kafka.external }}
{{- $database := .root.Values.database.external }}
name: secrets
projected:
  defaultMode: 0440
  sources:
    - secret:
        name: {{ .secret | default (include "tidewatch.secretName" .root) }}
        items:
          {{- range .keys }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
    {{- if and .owner $database.enabled $database.existingSecret }}
    - secret:
        name: {{ $database.existingSecret }}
        items: [{ key: database-owner, path: database-owner }]
    {{- end }}
    {{- if .backends }}
    {{- if and $kafka.enabled $kafka.tls.enabled $kafka.tls.existingSecret }}
    - secret:
        name: {{ $kafka.tls.existingSecret }}
        items:
          - { key: ca.crt, path: kafka-ca.crt }
          {{- if $kafka.tls.clientCertificate }}
          - { key: tls.crt, path: kafka-tls.crt }
          - { key: tls.key, path: kafka-tls.key }
          {{- end }}
    {{- end }}
    {{- if and $kafka.enabled $kafka.sasl.mechanism }}
    - secret:
        name: {{ $kafka.sasl.existingSecret }}
        items:
          - { key: username, path: kafka-username }
          - { key: password, path: kafka-password }
    {{- end }}
    {{- if and $database.enabled $database.tls.existingSecret }}
    - secret:
        name: {{ $database.tls.existingSecret }}
        items: [{ key: ca.crt, path: database-ca.crt }]
    {{- end }}
    {{- end }}
    {{- if and .traces .root.Values.tracing.existingSecret }}
    - secret:
        name: {{ .root.Values.tracing.existingSecret }}
        items: [{ key: headers, path: tracing-headers }]
    {{- end }}
{{- end }}
