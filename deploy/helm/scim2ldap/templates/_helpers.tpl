{{- define "scim2ldap.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "scim2ldap.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "scim2ldap.labels" -}}
{{ include "scim2ldap.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "scim2ldap.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "scim2ldap.name" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "scim2ldap.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* gateway.yaml: the settings with the addresses, ports and certificate of the pod. */}}
{{- define "scim2ldap.settings" -}}
{{- $listen := dict "host" "0.0.0.0" "port" 8443 -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $listen "tls" (dict "certificate" "/run/secrets/tls/tls.crt" "key" "/run/secrets/tls/tls.key") -}}
{{- else if not (dig "listen" "dangerouslyAllowPlainHttp" false .Values.settings) -}}
{{- fail "tls.existingSecret: name a Secret of type kubernetes.io/tls; without it tokens could be read on their way to the pod (settings.listen.dangerouslyAllowPlainHttp: true allows that)" -}}
{{- end -}}
{{- $admin := dict "host" "0.0.0.0" "port" 9090 -}}
{{- mergeOverwrite (deepCopy .Values.settings) (dict "listen" $listen "admin" $admin) | toYaml -}}
{{- end -}}
