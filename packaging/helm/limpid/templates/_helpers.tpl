{{/* The labels by which pods are found, and those that everything has. */}}
{{- define "limpid.name" -}}
{{- printf "%s" .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "limpid.selector" -}}
app.kubernetes.io/name: limpid
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "limpid.labels" -}}
{{ include "limpid.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* config.yaml: the values', with what the Secrets are mounted as. */}}
{{- define "limpid.config" -}}
{{- $clair := deepCopy .Values.config.clair -}}
{{- $_ := set $clair "database" (dict "type" "pgsql" "options" (dict "source" "service=limpid")) -}}
{{- if .Values.tokens.secret -}}
{{- $_ := set $clair "auth" (dict "tokens-file" "/etc/limpid-tokens/tokens") -}}
{{- end -}}
{{- toYaml (dict "clair" $clair) -}}
{{- end -}}
