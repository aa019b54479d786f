{{- /* Who speaks to whom, as the architecture says: one line an edge. Everything else is denied. */ -}}
{{- define "tidewatch.edges" -}}
edges:
  - { from: clients, to: gateway, port: 8080 }
  - { from: round-trip, to: gateway, port: 8080 }
  - { from: gateway, to: ingestion, port: 8081 }
  - { from: gateway, to: storage, port: 8083 }
  - { from: gateway, to: dashboard, port: 8084 }
  # The page shows whether each service is ready.
  - { from: dashboard, to: gateway, port: 8085 }
  - { from: dashboard, to: ingestion, port: 8081 }
  - { from: dashboard, to: processing, port: 8082 }
  - { from: dashboard, to: storage, port: 8083 }
  {{- range append (splitList " " (include "tidewatch.serviceNames" .)) "migration" }}
  {{- $from := . }}
  {{- range splitList " " (include "tidewatch.kafkaPorts" $) }}
  - { from: {{ $from }}, to: kafka, port: {{ . }} }
  {{- end }}
  - { from: {{ . }}, to: timescaledb, port: {{ $.Values.database.external.enabled | ternary $.Values.database.external.port 5432 }} }
  {{- end }}
  {{- range append (splitList " " (include "tidewatch.serviceNames" .)) "migration" }}
  - { from: {{ . }}, to: dns, port: 53 }
  {{- end }}
  - { from: round-trip, to: dns, port: 53 }
  {{- if .Values.monitoring.serviceMonitor.enabled }}
  {{- range splitList " " (include "tidewatch.serviceNames" .) }}
  - { from: metrics, to: {{ . }}, port: {{ include "tidewatch.opsPort" . }} }
  {{- end }}
  {{- end }}
  {{- if and .Values.monitoring.grafana.dataSources.enabled .Values.database.bundled.enabled }}
  - { from: grafana, to: timescaledb, port: 5432 }
  {{- end }}
  {{- if .Values.tracing.endpoint }}
  {{- range splitList " " (include "tidewatch.serviceNames" .) }}
  - { from: {{ . }}, to: collector, port: {{ include "tidewatch.collectorPort" $ }} }
  {{- end }}
  {{- end }}
  {{- if or .Values.services.processing.autoscaling.lag.enabled .Values.services.storage.autoscaling.lag.enabled }}
  - { from: keda, to: kafka, port: 9092 }
  {{- end }}
{{- end }}

{{- define "tidewatch.kafkaPorts" -}}
{{- $ports := list }}
{{- if .Values.kafka.external.enabled }}
{{- range .Values.kafka.external.brokers }}{{ $ports = append $ports (splitList ":" . | last) }}{{ end }}
{{- else }}{{ $ports = list "9092" }}
{{- end }}
{{- $ports | uniq | join " " }}
{{- end }}

{{- define "tidewatch.collectorPort" -}}
{{- $url := urlParse .Values.tracing.endpoint }}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) }}
{{- end }}

{{- /* Peers of a name in the table of edges; nothing where anyone is meant: (dict "root" $ "name" "kafka") */ -}}
{{- define "tidewatch.peers" -}}
{{- $values := .root.Values }}
{{- $outside := dict "clients" $values.networkPolicy.gatewayFrom "metrics" $values.networkPolicy.metricsFrom "dns" $values.networkPolicy.dnsAt "keda" $values.networkPolicy.kedaAt "grafana" $values.networkPolicy.grafanaFrom "collector" $values.networkPolicy.collectorAt }}
{{- if $values.kafka.external.enabled }}{{ $_ := set $outside "kafka" $values.networkPolicy.kafkaAt }}{{ end }}
{{- if $values.database.external.enabled }}{{ $_ := set $outside "timescaledb" $values.networkPolicy.databaseAt }}{{ end }}
{{- if hasKey $outside .name }}
{{- with get $outside .name }}{{ toYaml . }}{{ end }}
{{- else -}}
- podSelector:
    matchLabels: {{- include "tidewatch.selector" (dict "root" .root "component" .name) | nindent 6 }}
{{- end }}
{{- end }}

{{- /* The spec of one workload's policy: (dict "root" $ "component" "gateway") */ -}}
{{- define "tidewatch.networkPolicy" -}}
{{- $edges := (include "tidewatch.edges" .root | fromYaml).edges }}
podSelector:
  matchLabels: {{- include "tidewatch.selector" . | nindent 4 }}
policyTypes: [Ingress, Egress]
{{- range $direction := list "ingress" "egress" }}
{{- $own := ternary "to" "from" (eq $direction "ingress") }}
{{- $other := ternary "from" "to" (eq $direction "ingress") }}
{{- $rules := list }}
{{- range $edges }}
{{- if eq (get . $own) $.component }}
{{- $ports := list (dict "port" (int .port) "protocol" "TCP") }}
{{- if eq .to "dns" }}{{ $ports = append $ports (dict "port" (int .port) "protocol" "UDP") }}{{ end }}
{{- $rule := dict "ports" $ports }}
{{- with include "tidewatch.peers" (dict "root" $.root "name" (get . $other)) }}
{{- $_ := set $rule $other (fromYamlArray .) }}
{{- end }}
{{- $rules = append $rules $rule }}
{{- end }}
{{- end }}
{{ $direction }}: {{- if $rules }}{{ toYaml $rules | nindent 2 }}{{ else }} []{{ end }}
{{- end }}
{{- end }}
