{{/* Labels of every object. Selectors have none of them: those of a Deployment cannot be changed once it is there. */}}
{{- define "outcry.labels" -}}
app.kubernetes.io/part-of: outcry
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of pods: (list $ .Values.gateway). */}}
{{- define "outcry.podLabels" -}}
app.kubernetes.io/part-of: outcry
{{- with merge (dict) (index . 1).podLabels (index . 0).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An image: (list $ .Values.gateway.image). */}}
{{- define "outcry.image" -}}
{{- $ := index . 0 }}
{{- $image := index . 1 }}
{{- with $image.registry | default $.Values.image.registry }}{{ . | trimSuffix "/" }}/{{ end }}
{{- $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Where pods run, and who may pull their images: (list $ .Values.gateway). */}}
{{- define "outcry.scheduling" -}}
{{- $ := index . 0 }}
{{- $pod := index . 1 }}
{{- $fields := dict }}
{{- with $.Values.imagePullSecrets }}{{ $_ := set $fields "imagePullSecrets" . }}{{ end }}
{{- range $name := list "priorityClassName" "nodeSelector" "tolerations" "affinity" }}
{{- with index $pod $name }}{{ $_ := set $fields $name . }}{{ end }}
{{- end }}
{{- with $fields }}{{ toYaml . }}{{ end }}
{{- end }}

{{/* Memory that fits gateway.maxConnections, but for what gateway.resources says itself. */}}
{{- define "outcry.gatewayResources" -}}
{{- $memory := include "outcry.gatewayMemory" . }}
{{- $fitting := dict "requests" (dict "memory" $memory) "limits" (dict "memory" $memory) }}
{{- toYaml (mergeOverwrite $fitting (deepCopy .Values.gateway.resources)) }}
{{- end }}

{{/* The class that is named, or that of the controller. */}}
{{- define "outcry.ingressClass" -}}
{{- .Values.ingress.className | default .Values.ingress.controller }}
{{- end }}

{{/* Those of the controller, and those that are named. */}}
{{- define "outcry.ingressAnnotations" -}}
{{- $annotations := dict }}
{{- with .Values.ingress.controller }}
{{- $annotations = include (print "outcry.ingress." .) $ | fromYaml }}
{{- end }}
{{- with mergeOverwrite $annotations .Values.ingress.annotations }}{{ toYaml . }}{{ end }}
{{- end }}
