{{- /* All objects of one service: (dict "root" $ "service" "gateway") */ -}}
{{- define "tidewatch.service" -}}
{{- $values := index .root.Values.services .service }}
{{- $context := dict "root" .root "component" .service }}
{{- $metadata := include "tidewatch.metadata" $context | nindent 2 }}
{{- $selector := include "tidewatch.selector" $context }}
{{- $isAutoscaled := $values.autoscaling.enabled }}
apiVersion: v1
kind: ServiceAccount
metadata: {{- $metadata }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata: {{- $metadata }}
spec:
  type: ClusterIP
  selector: {{- $selector | nindent 4 }}
  ports:
    - { name: http, port: {{ include "tidewatch.port" .service }}, targetPort: http, protocol: TCP, appProtocol: http }
    {{- if eq .service "gateway" }}
    - { name: ops, port: {{ include "tidewatch.opsPort" .service }}, targetPort: ops, protocol: TCP, appProtocol: http }
    {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{- $metadata }}
spec:
  {{- if not $isAutoscaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 600
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels: {{- $selector | nindent 6 }}
  template:
    metadata:
      labels: {{- $selector | nindent 8 }}
        app.kubernetes.io/part-of: tidewatch
      {{- with $values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "tidewatch.podCommon" (dict "root" .root "account" (printf "%s-%s" (include "tidewatch.fullname" .root) .service) "user" 10001) | trim | nindent 6 }}
      {{- include "tidewatch.spread" $context | trim | nindent 6 }}
      # The service ends within 25 s of SIGTERM, the delay for load balancers included.
      terminationGracePeriodSeconds: 45
      containers:
        - name: {{ .service }}
          image: {{ include "tidewatch.image" . }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          securityContext: {{- include "tidewatch.containerSecurity" . | nindent 12 }}
          env: {{- include "tidewatch.environment" . | trim | nindent 12 }}
          ports:
            - { name: http, containerPort: {{ include "tidewatch.port" .service }}, protocol: TCP }
            {{- if eq .service "gateway" }}
            - { name: ops, containerPort: {{ include "tidewatch.opsPort" .service }}, protocol: TCP }
            {{- end }}
          {{- $ops := ternary "ops" "http" (eq .service "gateway") }}
          startupProbe:
            httpGet: { path: /startz, port: {{ $ops }} }
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /livez, port: {{ $ops }} }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /readyz, port: {{ $ops }} }
            periodSeconds: 5
            timeoutSeconds: 4
            failureThreshold: 2
          resources: {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
            - { name: secrets, mountPath: /run/secrets/tidewatch, readOnly: true }
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: {{ $values.tmpSize }} }
        - {{- include "tidewatch.secretsVolume" (dict "root" .root "keys" (list "session-key" (printf "database-%s" .service)) "backends" true "traces" true) | trim | nindent 10 }}
{{- if gt (int (ternary $values.autoscaling.minReplicas $values.replicas $isAutoscaled)) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- $metadata }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- $selector | nindent 6 }}
{{- end }}
{{- if $isAutoscaled }}
---
{{ include "tidewatch.scaler" . | trim }}
{{- end }}
{{- if .root.Values.monitoring.serviceMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{- $metadata }}
    {{- with .root.Values.monitoring.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels: {{- $selector | nindent 6 }}
  endpoints:
    - port: {{ $ops }}
      path: /metrics
      interval: {{ .root.Values.monitoring.serviceMonitor.interval }}
      # The labels that alerts and dashboards ask for.
      relabelings:
        - { targetLabel: job, replacement: tidewatch }
        - { targetLabel: service, replacement: {{ .service }} }
{{- end }}
{{- end }}

{{- /* KEDA's scaler on lag makes and owns an autoscaler by itself. */ -}}
{{- define "tidewatch.scaler" -}}
{{- $values := (index .root.Values.services .service).autoscaling }}
{{- $context := dict "root" .root "component" .service }}
{{- $name := printf "%s-%s" (include "tidewatch.fullname" .root) .service }}
{{- if ($values.lag | default dict).enabled -}}
{{- $kafka := .root.Values.kafka.external -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{- include "tidewatch.metadata" $context | nindent 2 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ $name }} }
  minReplicaCount: {{ $values.minReplicas }}
  # More pods than partitions would have nothing to read.
  maxReplicaCount: {{ min $values.maxReplicas .root.Values.partitions }}
  pollingInterval: 15
  cooldownPeriod: 300
  triggers:
    - type: cpu
      metricType: Utilization
      metadata: { value: {{ $values.cpuPercent | quote }} }
    - type: kafka
      metadata:
        bootstrapServers: {{ include "tidewatch.brokers" .root | quote }}
        consumerGroup: {{ .service }}.readings.v1
        topic: readings.v1
        lagThreshold: {{ $values.lag.threshold | int64 | quote }}
        allowIdleConsumers: 'false'
        {{- if $kafka.enabled }}
        {{- with $kafka.sasl.mechanism }}
        sasl: {{ dict "plain" "plaintext" "scram-sha-256" "scram_sha256" "scram-sha-512" "scram_sha512" | dig . "" }}
        {{- end }}
        tls: {{ ternary "enable" "disable" $kafka.tls.enabled }}
        {{- end }}
      {{- if and $kafka.enabled (or $kafka.sasl.mechanism $kafka.tls.existingSecret) }}
      authenticationRef: { name: {{ $name }} }
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {{- include "tidewatch.metadata" $context | nindent 2 }}
spec:
  secretTargetRef:
    {{- if $kafka.sasl.mechanism }}
    - { parameter: username, name: {{ $kafka.sasl.existingSecret }}, key: username }
    - { parameter: password, name: {{ $kafka.sasl.existingSecret }}, key: password }
    {{- end }}
    {{- if and $kafka.tls.enabled $kafka.tls.existingSecret }}
    - { parameter: ca, name: {{ $kafka.tls.existingSecret }}, key: ca.crt }
    {{- if $kafka.tls.clientCertificate }}
    - { parameter: cert, name: {{ $kafka.tls.existingSecret }}, key: tls.crt }
    - { parameter: key, name: {{ $kafka.tls.existingSecret }}, key: tls.key }
    {{- end }}
    {{- end }}
      {{- end }}
{{- else -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{- include "tidewatch.metadata" $context | nindent 2 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ $name }} }
  minReplicas: {{ $values.minReplicas }}
  maxReplicas: {{ $values.maxReplicas }}
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: {{ $values.cpuPercent }} } }
  behavior:
    # A pod that goes hands its partitions over: not more often than every two minutes.
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{ type: Pods, value: 1, periodSeconds: 120 }]
{{- end }}
{{- end }}
