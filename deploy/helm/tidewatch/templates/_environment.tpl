{{- define "tidewatch.databaseUrl" -}}
{{- $external := .root.Values.database.external }}
{{- if $external.enabled }}
{{- printf "postgres://%s@%s:%d/%s" .user $external.host (int $external.port) $external.name }}
{{- if eq $external.tls.mode "verify-full" }}?sslmode=verify-full{{ with $external.tls.existingSecret }}&sslrootcert=/run/secrets/tidewatch/database-ca.crt{{ end }}
{{- else if eq $external.tls.mode "require" }}?sslmode=no-verify{{ end }}
{{- else }}
{{- printf "postgres://%s@%s-timescaledb:5432/tidewatch" .user (include "tidewatch.fullname" .root) }}
{{- end }}
{{- end }}

{{- define "tidewatch.brokers" -}}
{{- if .Values.kafka.external.enabled }}{{ join "," .Values.kafka.external.brokers }}
{{- else }}{{ include "tidewatch.fullname" . }}-kafka.{{ .Release.Namespace }}.svc:9092
{{- end }}
{{- end }}

{{- /* Kafka and the database, for whoever uses them: (dict "root" $ "user" "tidewatch_storage" "password" "database-storage") */ -}}
{{- define "tidewatch.backendEnvironment" -}}
{{- $kafka := .root.Values.kafka.external }}
- { name: MESSAGE_LOG, value: kafka }
- { name: KAFKA_BROKERS, value: {{ include "tidewatch.brokers" .root | quote }} }
{{- if $kafka.enabled }}
{{- if $kafka.tls.enabled }}
- { name: KAFKA_TLS, value: 'true' }
{{- if $kafka.tls.existingSecret }}
- { name: KAFKA_TLS_CA_FILE, value: /run/secrets/tidewatch/kafka-ca.crt }
{{- if $kafka.tls.clientCertificate }}
- { name: KAFKA_TLS_CERT_FILE, value: /run/secrets/tidewatch/kafka-tls.crt }
- { name: KAFKA_TLS_KEY_FILE, value: /run/secrets/tidewatch/kafka-tls.key }
{{- end }}
{{- end }}
{{- end }}
{{- if $kafka.sasl.mechanism }}
- { name: KAFKA_SASL_MECHANISM, value: {{ $kafka.sasl.mechanism }} }
- { name: KAFKA_SASL_USERNAME_FILE, value: /run/secrets/tidewatch/kafka-username }
- { name: KAFKA_SASL_PASSWORD_FILE, value: /run/secrets/tidewatch/kafka-password }
{{- end }}
{{- end }}
- { name: DATABASE_URL, value: {{ include "tidewatch.databaseUrl" . | quote }} }
- { name: DATABASE_PASSWORD_FILE, value: /run/secrets/tidewatch/{{ .password }} }
{{- end }}

{{- define "tidewatch.origins" -}}
{{- $origins := concat .Values.publicOrigins (list "http://localhost:8080" "http://127.0.0.1:8080") }}
{{- with .Values.ingress }}
{{- if .enabled }}{{ $origins = append $origins (printf "%s://%s" (ternary "https" "http" (ne .tlsSecret "")) .host) }}{{ end }}
{{- end }}
{{- with .Values.httpRoute }}
{{- if .enabled }}{{ range .hostnames }}{{ $origins = append $origins (printf "https://%s" .) }}{{ end }}{{ end }}
{{- end }}
{{- join "," $origins }}
{{- end }}

{{- /* Environment of one service: (dict "root" $ "service" "gateway") */ -}}
{{- define "tidewatch.environment" -}}
{{- $root := .root }}
{{- $service := .service }}
{{- $name := include "tidewatch.fullname" $root }}
- { name: HOST, value: 0.0.0.0 }
- { name: PORT, value: {{ include "tidewatch.port" $service | quote }} }
- { name: LOG_LEVEL, value: {{ $root.Values.logLevel }} }
- { name: SHUTDOWN_DELAY_MS, value: '5000' }
- { name: SESSION_KEY_FILE, value: /run/secrets/tidewatch/session-key }
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ $root.Values.tracing.endpoint | quote }} }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ toString $root.Values.tracing.ratio | quote }} }
{{- if $root.Values.tracing.existingSecret }}
- { name: OTEL_EXPORTER_OTLP_HEADERS_FILE, value: /run/secrets/tidewatch/tracing-headers }
{{- end }}
{{ include "tidewatch.backendEnvironment" (dict "root" $root "user" (printf "tidewatch_%s" $service) "password" (printf "database-%s" $service)) | trim }}
{{- if eq $service "gateway" }}
- { name: INTERNAL_PORT, value: {{ include "tidewatch.opsPort" $service | quote }} }
{{- range list "ingestion" "storage" "dashboard" }}
- { name: {{ upper . }}_URL, value: 'http://{{ $name }}-{{ . }}:{{ include "tidewatch.port" . }}' }
{{- end }}
- { name: TRUSTED_PROXIES, value: {{ join "," $root.Values.trustedProxies | quote }} }
{{- end }}
{{- if eq $service "dashboard" }}
{{- $urls := list }}
{{- range splitList " " (include "tidewatch.serviceNames" $root) }}
{{- $host := ternary "127.0.0.1" (printf "%s-%s" $name .) (eq . "dashboard") }}
{{- $urls = append $urls (printf "%s=http://%s:%s" . $host (include "tidewatch.opsPort" .)) }}
{{- end }}
- { name: SERVICE_URLS, value: {{ join "," $urls | quote }} }
- { name: PUBLIC_ORIGINS, value: {{ include "tidewatch.origins" $root | quote }} }
{{- end }}
{{- range $key, $value := (index $root.Values.services $service).config }}
- { name: {{ $key }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }} }
{{- end }}
{{- end }}
