{{/* Where a user finds Redis: (list $ "gateway"). */}}
{{- define "outcry.redisUrl" -}}
{{- $mode := (index . 0).Values.redis.mode }}
{{- $user := index . 1 }}
{{- if eq $mode "bundled" }}redis://{{ $user }}:$(REDIS_PASSWORD)@redis:6379
{{- else if eq $mode "managed" }}rediss://{{ $user }}:$(REDIS_PASSWORD)@$(REDIS_ADDRESS)
{{- else if eq $mode "sentinel" }}rediss+sentinel://{{ $user }}:$(REDIS_PASSWORD)@$(REDIS_ADDRESS)
{{- else if eq $mode "cluster" }}rediss+cluster://{{ $user }}:$(REDIS_PASSWORD)@$(REDIS_ADDRESS)
{{- end }}
{{- end }}

{{/* The way to a Redis that is not of this chart. */}}
{{- define "outcry.toRedis" -}}
- to:
    - ipBlock:
        cidr: 10.0.0.0/8
    - ipBlock:
        cidr: 172.16.0.0/12
    - ipBlock:
        cidr: 192.168.0.0/16
  ports:
    - protocol: TCP
      port: 6379
    - protocol: TCP
      port: 6380
    {{- if eq .Values.redis.mode "sentinel" }}
    - protocol: TCP
      port: 26379
    {{- end }}
{{- end }}

{{/* Gateways by their connections. */}}
{{- define "outcry.connectionsMetric" -}}
- type: Pods
  pods:
    metric:
      name: outcry_gateway_connections
    target:
      type: AverageValue
      averageValue: {{ include "outcry.connectionsQuantity" . | quote }}
{{- end }}

{{/* The Ingress by ingress-nginx. A gateway and its client ping each other every 25 s, so these limits end no live session. */}}
{{- define "outcry.ingress.nginx" -}}
nginx.ingress.kubernetes.io/proxy-read-timeout: '3600'
nginx.ingress.kubernetes.io/proxy-send-timeout: '3600'
nginx.ingress.kubernetes.io/proxy-connect-timeout: '2'
{{- end }}

{{/* The Ingress by HAProxy: `haproxy.org` are the annotations of HAProxy Technologies' controller, `haproxy-ingress.github.io` those of
HAProxy Ingress. Both are as in deploy/docker/haproxy.cfg. A gateway and its client ping each other every 25 s, so `timeout-tunnel`
ends no live session. */}}
{{- define "outcry.ingress.haproxy" -}}
haproxy.org/timeout-tunnel: '1h'
haproxy.org/timeout-connect: '2s'
haproxy-ingress.github.io/timeout-tunnel: '1h'
haproxy-ingress.github.io/timeout-connect: '2s'
{{- end }}

{{/* The Ingress by Traefik. It has no limit on a connection that is upgraded, and none that an annotation could set: `readTimeout`,
`writeTimeout` and `idleTimeout` of an entry point are of requests, and end with the upgrade. What is left to say is by which entry
point clients come. */}}
{{- define "outcry.ingress.traefik" -}}
traefik.ingress.kubernetes.io/router.entrypoints: 'websecure'
{{- end }}

{{/* The limit of memory that fits gateway.maxConnections: docs/OPERATIONS.md has the formula. */}}
{{- define "outcry.gatewayMemory" -}}
{{- $connections := int64 .Values.gateway.maxConnections }}
{{- $idle := div (mul $connections 285) 100 }}
{{- $slow := div (mul $connections 5 1024) 1000 }}
{{- $kib := add 231424 $idle $slow }}
{{- $mib := mul 64 (div (add $kib 65535) 65536) }}
{{- if eq (mod $mib 1024) 0 }}{{ div $mib 1024 }}Gi{{ else }}{{ $mib }}Mi{{ end }}
{{- end }}

{{/* Connections of a gateway on average from which on more of them are wanted: 60 % of gateway.maxConnections. */}}
{{- define "outcry.connectionsTarget" -}}
{{- div (mul (int64 .Values.gateway.maxConnections) 60) 100 }}
{{- end }}

{{/* The same as the API server writes quantities: otherwise each apply would find a difference. */}}
{{- define "outcry.connectionsQuantity" -}}
{{- $target := include "outcry.connectionsTarget" . }}
{{- if hasSuffix "000000" $target }}{{ trimSuffix "000000" $target }}M
{{- else if hasSuffix "000" $target }}{{ trimSuffix "000" $target }}k
{{- else }}{{ $target }}{{ end }}
{{- end }}
