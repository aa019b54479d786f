{{- define "tidewatch.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "tidewatch.fullname" -}}
{{- $name := include "tidewatch.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Name, namespace and labels of an object: (dict "root" $ "component" "gateway" "name" "optional: behind the full name") */ -}}
{{- define "tidewatch.metadata" -}}
name: {{ include "tidewatch.fullname" .root }}-{{ .name | default .component }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "tidewatch.labels" . | nindent 2 }}
{{- end }}

{{- define "tidewatch.labels" -}}
{{ include "tidewatch.selector" . }}
app.kubernetes.io/part-of: tidewatch
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Labels of pods: they do not change with the version, else every upgrade would restart every pod. */ -}}
{{- define "tidewatch.selector" -}}
app.kubernetes.io/name: {{ include "tidewatch.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- /* Image of one of our services: (dict "root" $ "service" "gateway") */ -}}
{{- define "tidewatch.image" -}}
{{- $image := .root.Values.image }}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end }}
{{- printf "%s-%s" $image.prefix .service }}
{{- with index $image.digests .service }}@{{ . }}{{ else }}:{{ $image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "tidewatch.bundledImage" -}}
{{ .repository }}{{ with .digest }}@{{ . }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}

{{- define "tidewatch.port" -}}
{{- index (dict "gateway" 8080 "ingestion" 8081 "processing" 8082 "storage" 8083 "dashboard" 8084) . }}
{{- end }}

{{- /* Where probes and metrics are. */ -}}
{{- define "tidewatch.opsPort" -}}
{{- if eq . "gateway" }}8085{{ else }}{{ include "tidewatch.port" . }}{{ end }}
{{- end }}

{{- define "tidewatch.serviceNames" -}}
gateway ingestion processing storage dashboard
{{- end }}
