{{- /*
Logins, schema, topics and the first keys. Where Kafka and the database are there already it is a hook, which ends before anything is changed.
With the first install of a bundled one it is a part of the release instead: what it waits for comes with the same release, and Helm runs no
hook after the services before they are ready, which they are after the migration only.
*/ -}}
{{- define "tidewatch.migratesBefore" -}}
{{- $bundled := or .Values.kafka.bundled.enabled .Values.database.bundled.enabled }}
{{- or .Release.IsUpgrade (not $bundled) }}
{{- end }}

{{- define "tidewatch.migrationHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "tidewatch.migrationPod" -}}
{{- $secrets := list "bootstrap-key" "ingest-key" }}
{{- $external := .Values.database.external }}
{{- $makesLogins := or (not $external.enabled) $external.createLogins }}
{{- $accounts := list }}
{{- if $makesLogins }}{{ $accounts = append (splitList " " (include "tidewatch.serviceNames" .)) "grafana" }}{{ end }}
{{- range $accounts }}{{ $secrets = append $secrets (printf "database-%s" .) }}{{ end }}
{{- $isOwnerElsewhere := and $external.enabled $external.existingSecret }}
{{- if not $isOwnerElsewhere }}{{ $secrets = append $secrets "database-owner" }}{{ end }}
{{- $isCopied := and (not .Values.secrets.existingSecret) (eq (include "tidewatch.migratesBefore" .) "true") }}
{{- $secret := ternary (printf "%s-migration" (include "tidewatch.fullname" .)) (include "tidewatch.secretName" .) $isCopied }}
{{- include "tidewatch.podCommon" (dict "root" . "account" (printf "%s-migration" (include "tidewatch.fullname" .)) "user" 10001) }}
restartPolicy: Never
terminationGracePeriodSeconds: 30
containers:
  - name: migration
    image: {{ include "tidewatch.image" (dict "root" . "service" "storage") }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [migrate.js]
    securityContext: {{- include "tidewatch.containerSecurity" . | nindent 6 }}
    env:
      {{- include "tidewatch.backendEnvironment" (dict "root" . "user" ($external.enabled | ternary $external.owner "tidewatch_owner") "password" "database-owner") | trim | nindent 6 }}
      - { name: TOPIC_PARTITIONS, value: {{ .Values.partitions | int | quote }} }
      - { name: TOPIC_REPLICATION, value: {{ .Values.kafka.external.enabled | ternary .Values.kafka.external.replication 1 | int | quote }} }
      {{- range $accounts }}
      - { name: TIDEWATCH_{{ upper . }}_PASSWORD_FILE, value: /run/secrets/tidewatch/database-{{ . }} }
      {{- end }}
      - { name: BOOTSTRAP_KEY_FILE, value: /run/secrets/tidewatch/bootstrap-key }
      - { name: BOOTSTRAP_INGEST_KEY_FILE, value: /run/secrets/tidewatch/ingest-key }
    resources: {{- toYaml .Values.migration.resources | nindent 6 }}
    volumeMounts:
      - { name: tmp, mountPath: /tmp }
      - { name: secrets, mountPath: /run/secrets/tidewatch, readOnly: true }
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 16Mi }
  - {{- include "tidewatch.secretsVolume" (dict "root" . "keys" $secrets "secret" $secret "owner" true "backends" true) | trim | nindent 4 }}
{{- end }}
