import { after, before, block, type Edit, hole, type ObjectEdits, step, unless, wrap } from './manifest-template.ts';
import { OWNED, podEdits, redisEdits, secretHoles, settingHoles } from './pod.ts';

/** A file of deploy/ and the template that is made of it. */
export interface Template {
  /** Seen from deploy/. */
  readonly source: string;
  /** In the chart's templates/. */
  readonly target: string;
  readonly objects: Readonly<Record<string, ObjectEdits>>;
}

const IS_BUNDLED = 'eq .Values.redis.mode "bundled"';
const HAS_POLICIES = '.Values.networkPolicies.enabled';
const PLAIN: ObjectEdits = { edits: [OWNED] };

/** Where Redis is not the chart's, any of its addresses may be meant. */
const TO_REDIS: Edit = unless('spec.egress.0', `not (${IS_BUNDLED})`, '{{- include "outcry.toRedis" . | nindent 4 }}');

const GATEWAY = 'spec.template.spec.containers.name=gateway';
const PUBLISHER = 'spec.template.spec.containers.name=feed-publisher';

const GATEWAY_EDITS: readonly Edit[] = [
  ...podEdits({
    name: 'gateway',
    values: 'gateway',
    isService: true,
    resources: 'include "outcry.gatewayResources" . | fromYaml',
  }),
  ...redisEdits(GATEWAY, 'gateway'),
  ...secretHoles(GATEWAY, ['REDIS_PASSWORD', 'OUTCRY_AUTH_SECRET', 'OUTCRY_API_KEYS']),
  ...settingHoles(GATEWAY, ['OUTCRY_ORIGINS', 'OUTCRY_ROOM_RULES_FILE', 'OUTCRY_AUTH_KEYS_FILE']),
  before(
    'spec.selector',
    '{{- if eq .Values.gateway.autoscaling.by "none" }}\nreplicas: {{ .Values.gateway.replicas }}\n{{- end }}',
  ),
  wrap('spec.template.spec.securityContext.sysctls', '.Values.gateway.boundKernelBuffers'),
  hole(`${GATEWAY}.env.name=OUTCRY_MAX_CONNECTIONS.value`, "'{{ int64 .Values.gateway.maxConnections }}'"),
  hole(`${GATEWAY}.env.name=OUTCRY_TRUSTED_PROXIES.value`, '{{ .Values.gateway.trustedProxies }}'),
  hole(`${GATEWAY}.lifecycle.preStop.sleep.seconds`, '{{ .Values.gateway.preStopSeconds }}'),
  hole('spec.template.spec.volumes.name=room-rules.configMap.name', '{{ .Values.roomRules.configMap }}'),
  hole('spec.template.spec.volumes.name=keys.secret.secretName', '{{ .Values.keys.secret }}'),
];

const AUTOSCALER_EDITS: readonly Edit[] = [
  OWNED,
  hole('spec.minReplicas', '{{ .Values.gateway.autoscaling.minReplicas }}'),
  hole('spec.maxReplicas', '{{ .Values.gateway.autoscaling.maxReplicas }}'),
  hole('spec.metrics.0.resource.target.averageUtilization', '{{ .Values.gateway.autoscaling.cpuPercent }}'),
  after(
    'spec.metrics.0',
    `
{{- if .Values.gateway.autoscaling.connections }}
{{- include "outcry.connectionsMetric" . | nindent 4 }}
{{- end }}`,
  ),
];

function budget(when?: string): ObjectEdits {
  return when === undefined ? PLAIN : { when, edits: [OWNED] };
}

/** A service beside the two that everybody has, with a secret of its own. */
function extraService(name: string, ...secrets: readonly string[]): Template {
  const container = `spec.template.spec.containers.name=${name}`;
  const enabled = `.Values.${name}.enabled`;
  return {
    source: `k8s-${name}/${name}.yaml`,
    target: `${name}.yaml`,
    objects: {
      [`Deployment/${name}`]: {
        when: enabled,
        edits: [
          ...podEdits({ name, values: name, isService: true }),
          ...redisEdits(container, name),
          ...secretHoles(container, ['REDIS_PASSWORD']),
          ...secretHoles(container, secrets, `.Values.${name}.secret`),
          hole('spec.replicas', `{{ .Values.${name}.replicas }}`),
        ],
      },
      [`PodDisruptionBudget/${name}`]: budget(enabled),
      [`NetworkPolicy/redis-from-${name}`]: {
        when: `and ${enabled} ${HAS_POLICIES} (${IS_BUNDLED})`,
        edits: [OWNED],
      },
      [`NetworkPolicy/${name}`]: { when: `and ${enabled} ${HAS_POLICIES}`, edits: [OWNED, TO_REDIS] },
    },
  };
}

const REDIS_EDITS: readonly Edit[] = [
  ...podEdits({ name: 'redis', values: 'redis', isService: false }),
  ...secretHoles('spec.template.spec.containers.name=redis', [
    'OUTCRY_REDIS_GATEWAY_PASSWORD',
    'OUTCRY_REDIS_PUBLISHER_PASSWORD',
    'OUTCRY_REDIS_INBOUND_PASSWORD',
    'OUTCRY_REDIS_ARCHIVE_PASSWORD',
    'OUTCRY_REDIS_EVENTS_PASSWORD',
    'REDISCLI_AUTH',
  ]),
  after(
    'spec.template.metadata.labels',
    `
annotations:
  # Redis starts again with other users.
  checksum/redis-users: {{ include (print $.Template.BasePath "/redis-users.yaml") . | sha256sum }}
  {{- with .Values.redis.podAnnotations }}
  {{- toYaml . | nindent 8 }}
  {{- end }}`,
  ),
  hole(
    'spec.volumeClaimTemplates.0.metadata',
    '\n        name: data\n        labels:\n          app.kubernetes.io/part-of: outcry',
  ),
  after(
    'spec.volumeClaimTemplates.0.spec.accessModes',
    '{{- with .Values.redis.storage.className }}\nstorageClassName: {{ . }}\n{{- end }}',
  ),
  hole('spec.volumeClaimTemplates.0.spec.resources.requests.storage', '{{ .Values.redis.storage.size }}'),
];

const INGRESS_EDITS: readonly Edit[] = [
  OWNED,
  after(
    'metadata.name',
    '{{- with include "outcry.ingressAnnotations" . | trim }}\nannotations:\n  {{- . | nindent 4 }}\n{{- end }}',
  ),
  before('spec.tls', '{{- with include "outcry.ingressClass" . }}\ningressClassName: {{ . }}\n{{- end }}'),
  hole('spec.tls.0.hosts', '{{ toJson .Values.hosts }}'),
  hole('spec.tls.0.secretName', '{{ .Values.ingress.tlsSecret }}'),
  before('spec.rules.0', '{{- range .Values.hosts }}'),
  hole('spec.rules.0.host', '{{ . }}'),
  after('spec.rules.0', '{{- end }}'),
];

const MONITORS: readonly Template[] = [
  {
    source: 'k8s-monitoring/pod-monitor.yaml',
    target: 'pod-monitor.yaml',
    objects: {
      'PodMonitor/outcry': {
        when: '.Values.monitoring.podMonitor.enabled',
        edits: [
          OWNED,
          after('metadata.name', '{{- with .Values.monitoring.labels }}\n  {{- toYaml . | nindent 4 }}\n{{- end }}'),
          hole('spec.podMetricsEndpoints.0.interval', '{{ .Values.monitoring.podMonitor.interval }}'),
        ],
      },
    },
  },
];

const EDGE: readonly Template[] = [
  {
    source: 'k8s/ingress.yaml',
    target: 'ingress.yaml',
    objects: { 'Ingress/gateway': { when: '.Values.ingress.enabled', edits: INGRESS_EDITS } },
  },
  {
    source: 'k8s-components/gateway-api/http-route.yaml',
    target: 'http-route.yaml',
    objects: {
      'HTTPRoute/gateway': {
        when: '.Values.httpRoute.enabled',
        edits: [
          OWNED,
          block('spec.parentRefs', '.Values.httpRoute.parentRefs'),
          hole('spec.hostnames', '{{ toJson .Values.hosts }}'),
        ],
      },
    },
  },
];

const SCALERS: readonly Template[] = [
  {
    source: 'k8s-components/keda/scaled-object.yaml',
    target: 'scaled-object.yaml',
    objects: {
      'ScaledObject/gateway': {
        when: 'eq .Values.gateway.autoscaling.by "keda"',
        edits: [
          OWNED,
          hole('spec.minReplicaCount', '{{ .Values.gateway.autoscaling.minReplicas }}'),
          hole('spec.maxReplicaCount', '{{ .Values.gateway.autoscaling.maxReplicas }}'),
          hole('spec.triggers.0.metadata.value', "'{{ .Values.gateway.autoscaling.cpuPercent }}'"),
          hole('spec.triggers.1.metadata.serverAddress', '{{ .Values.gateway.autoscaling.prometheus }}'),
          hole(
            'spec.triggers.1.metadata.query',
            'sum(outcry_gateway_connections{namespace="{{ .Release.Namespace }}"})',
          ),
          hole('spec.triggers.1.metadata.threshold', '\'{{ include "outcry.connectionsTarget" . }}\''),
        ],
      },
    },
  },
];

/** Everything that has a file of manifests. */
export const TEMPLATES: readonly Template[] = [
  {
    source: 'k8s/namespace.yaml',
    target: 'namespace.yaml',
    objects: {
      'Namespace/outcry': {
        when: '.Values.namespace.create',
        edits: [
          hole('metadata.name', '{{ .Release.Namespace }}'),
          before(
            `metadata.labels.${step('pod-security.kubernetes.io/enforce')}`,
            '{{- include "outcry.labels" . | nindent 4 }}',
          ),
        ],
      },
    },
  },
  {
    source: 'k8s/service-account.yaml',
    target: 'service-account.yaml',
    objects: {
      'ServiceAccount/outcry': {
        when: '.Values.serviceAccount.create',
        edits: [
          hole('metadata.name', '{{ .Values.serviceAccount.name }}'),
          OWNED,
          after(
            'metadata.name',
            '{{- with .Values.serviceAccount.annotations }}\nannotations:\n  {{- toYaml . | nindent 4 }}\n{{- end }}',
          ),
        ],
      },
    },
  },
  {
    source: 'k8s/redis.yaml',
    target: 'redis.yaml',
    objects: {
      'Service/redis': { when: IS_BUNDLED, edits: [OWNED] },
      'StatefulSet/redis': { when: IS_BUNDLED, edits: REDIS_EDITS },
    },
  },
  {
    source: 'k8s/gateway.yaml',
    target: 'gateway.yaml',
    objects: {
      'Service/gateway': PLAIN,
      'Deployment/gateway': { edits: GATEWAY_EDITS },
      'HorizontalPodAutoscaler/gateway': { when: 'eq .Values.gateway.autoscaling.by "hpa"', edits: AUTOSCALER_EDITS },
      'PodDisruptionBudget/gateway': budget(),
    },
  },
  {
    source: 'k8s/feed-publisher.yaml',
    target: 'feed-publisher.yaml',
    objects: {
      'Deployment/feed-publisher': {
        edits: [
          ...podEdits({ name: 'feed-publisher', values: 'feedPublisher', isService: true }),
          ...redisEdits(PUBLISHER, 'publisher'),
          ...secretHoles(PUBLISHER, ['REDIS_PASSWORD']),
          ...settingHoles(PUBLISHER, ['OUTCRY_FEED_SOURCE']),
          hole('spec.replicas', '{{ .Values.feedPublisher.replicas }}'),
        ],
      },
      'PodDisruptionBudget/feed-publisher': budget(),
    },
  },
  extraService('inbound', 'OUTCRY_POSTGRES_URL'),
  extraService('archive', 'OUTCRY_ARCHIVE_URL'),
  extraService('events', 'OUTCRY_EVENTS_URL', 'OUTCRY_EVENTS_SECRET'),
  {
    source: 'k8s/network-policies.yaml',
    target: 'network-policies.yaml',
    objects: {
      'NetworkPolicy/deny-by-default': { when: HAS_POLICIES, edits: [OWNED] },
      'NetworkPolicy/redis': { when: `and ${HAS_POLICIES} (${IS_BUNDLED})`, edits: [OWNED] },
      'NetworkPolicy/to-redis-and-dns': { when: HAS_POLICIES, edits: [OWNED, TO_REDIS] },
      'NetworkPolicy/gateway': { when: HAS_POLICIES, edits: [OWNED] },
      'NetworkPolicy/feed-publisher': { when: HAS_POLICIES, edits: [OWNED] },
      'NetworkPolicy/to-venue': { when: HAS_POLICIES, edits: [OWNED] },
    },
  },
  ...EDGE,
  ...SCALERS,
  ...MONITORS,
];
