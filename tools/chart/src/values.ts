import { z } from 'zod';

import { readValue } from './deploy-files.ts';
import { INGRESS_CONTROLLERS } from './helpers.ts';

/** An object of Kubernetes', which the API server checks. */
const anything = z.record(z.string(), z.unknown());
const list = (about: string): z.ZodDefault<z.ZodArray<typeof anything>> =>
  z.array(anything).default([]).describe(about);
const map = (about: string): z.ZodDefault<z.ZodRecord<z.ZodString, z.ZodString>> =>
  z.record(z.string(), z.string()).default({}).describe(about);
const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const seconds = z.int().min(0).max(86_400);
const count = z.int().min(1).max(1000);
const digest = z.union([z.literal(''), z.string().regex(/^sha256:[0-9a-f]{64}$/)]);

function image(repository: string, tag: string, about: string) {
  return z
    .strictObject({
      registry: z.string().default('').describe('In the place of image.registry.'),
      repository: z.string().min(1).default(repository),
      tag: z.string().default(tag).describe(about),
      digest: digest.default('').describe('sha256:…, which decides where it is given.'),
    })
    .describe('Which image.');
}

/** What can be set of any pod. */
const pod = {
  podLabels: map('More labels of its pods.'),
  podAnnotations: map('More annotations of its pods.'),
  extraEnv: list(
    'More variables, as in a container: settings of docs/CONFIGURATION.md other than those that the chart has a value for.',
  ),
  extraEnvFrom: list('ConfigMaps and secrets whose keys are variables.'),
  extraVolumes: list('More volumes.'),
  extraVolumeMounts: list('Where they are mounted.'),
  priorityClassName: z.string().default('').describe('Who goes last where a node is full.'),
  nodeSelector: map('Nodes on which it may run.'),
  tolerations: list('Nodes on which it may run although others may not.'),
  affinity: anything.default({}).describe('Near whom it runs, and far from whom.'),
};

interface Service {
  readonly file: string;
  readonly name: string;
}

/** What Deployments have besides; defaults are what the file says. */
function servicePod({ file, name: object }: Service) {
  const read = (path: string): unknown => readValue(file, `Deployment/${object}`, path);
  return {
    image: image(`outcry/${object}`, '', "The chart's appVersion where it is empty."),
    ...pod,
    topologySpreadConstraints: list('In the place of those that spread its pods over nodes and zones.'),
    minReadySeconds: seconds.default(read('spec.minReadySeconds') as number),
    terminationGracePeriodSeconds: seconds
      .default(read('spec.template.spec.terminationGracePeriodSeconds') as number)
      .describe('Until Kubernetes kills it.'),
  };
}

function withReplicas(service: Service) {
  const read = (path: string): unknown => readValue(service.file, `Deployment/${service.name}`, path);
  return {
    replicas: count.default(read('spec.replicas') as number),
    resources: anything.default(
      read(`spec.template.spec.containers.name=${service.name}.resources`) as object as never,
    ),
    ...servicePod(service),
  };
}

const readAutoscaler = (path: string): number =>
  readValue('k8s/gateway.yaml', 'HorizontalPodAutoscaler/gateway', path) as number;

const autoscaling = z
  .strictObject({
    by: z
      .enum(['hpa', 'keda', 'none'])
      .default('hpa')
      .describe('hpa: a HorizontalPodAutoscaler; keda: a ScaledObject, by CPU and connections; none: `replicas`.'),
    minReplicas: count.default(readAutoscaler('spec.minReplicas')),
    maxReplicas: count.default(readAutoscaler('spec.maxReplicas')),
    cpuPercent: z
      .int()
      .min(1)
      .max(100)
      .default(readAutoscaler('spec.metrics.0.resource.target.averageUtilization'))
      .describe('Of one core on average, above which a gateway is added.'),
    connections: z
      .boolean()
      .default(false)
      .describe('By connections as well, with hpa: deploy/k8s-components/connections says what that needs.'),
    prometheus: z
      .string()
      .default(
        readValue(
          'k8s-components/keda/scaled-object.yaml',
          'ScaledObject/gateway',
          'spec.triggers.1.metadata.serverAddress',
        ) as string,
      )
      .describe('Whom KEDA asks for the connections.'),
  })
  .describe('How many gateways there are.');

const GATEWAY: Service = { file: 'k8s/gateway.yaml', name: 'gateway' };
const readGateway = (path: string): unknown =>
  readValue(GATEWAY.file, 'Deployment/gateway', `spec.template.spec.${path}`);

const gateway = z
  .strictObject({
    maxConnections: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(Number(readGateway('containers.name=gateway.env.name=OUTCRY_MAX_CONNECTIONS.value')))
      .describe('OUTCRY_MAX_CONNECTIONS of each; the limit of memory follows it (docs/OPERATIONS.md).'),
    trustedProxies: z
      .string()
      .default(readGateway('containers.name=gateway.env.name=OUTCRY_TRUSTED_PROXIES.value') as string)
      .describe("Networks of the Ingress controller's pods, which are believed what they say of a client's address."),
    autoscaling,
    replicas: count.default(3).describe('Only where autoscaling.by is none.'),
    resources: anything
      .default({ requests: { cpu: readGateway('containers.name=gateway.resources.requests.cpu') } })
      .describe('Memory is what maxConnections needs, unless it is named here.'),
    boundKernelBuffers: z.boolean().default(true).describe('Sysctls of the pod, which kubelets before 1.32 refuse.'),
    preStopSeconds: seconds
      .min(1)
      .default(readGateway('containers.name=gateway.lifecycle.preStop.sleep.seconds') as number)
      .describe(
        'Between its end as an endpoint and SIGTERM. With OUTCRY_DRAIN_MS it has to fit into terminationGracePeriodSeconds.',
      ),
    ...servicePod(GATEWAY),
  })
  .describe('Gateways.');

const readRedis = (path: string): unknown => readValue('k8s/redis.yaml', 'StatefulSet/redis', path);
const [redisRepository = '', redisTag = ''] = (
  readRedis('spec.template.spec.containers.name=redis.image') as string
).split(':');

const redis = z
  .strictObject({
    mode: z
      .enum(['bundled', 'managed', 'sentinel', 'cluster'])
      .default('bundled')
      .describe(
        'bundled: one of the chart’s own. Others are somebody else’s, by TLS: one name, sentinels, a Redis Cluster. ' +
          'deploy/k8s-managed-redis, -sentinel and -redis-cluster say what is asked of them.',
      ),
    addressConfigMap: name.default('outcry-redis').describe('Its key ADDRESS says where it is, but for bundled.'),
    image: image(redisRepository, redisTag, 'Redis 7 or newer.'),
    resources: anything.default(readRedis('spec.template.spec.containers.name=redis.resources') as object as never),
    storage: z.strictObject({
      size: z
        .string()
        .default(readRedis('spec.volumeClaimTemplates.0.spec.resources.requests.storage') as string)
        .describe('Cannot be changed later.'),
      className: z.string().default('').describe("The cluster's default where it is empty."),
    }),
    ...pod,
  })
  .describe('Redis.');

function extra(service: string, page: string, secret = 'Of its URL of the database.') {
  return z
    .strictObject({
      enabled: z.boolean().default(false),
      secret: name.default(`outcry-${service}`).describe(secret),
      ...withReplicas({ file: `k8s-${service}/${service}.yaml`, name: service }),
    })
    .describe(page);
}

const toggle = (about: string): z.ZodObject<{ enabled: z.ZodDefault<z.ZodBoolean> }> =>
  z.strictObject({ enabled: z.boolean().default(false) }).describe(about);

const monitoring = z
  .strictObject({
    labels: map(
      'Of the PodMonitor and the PrometheusRule: what the operator goes by (release: kube-prometheus-stack).',
    ),
    podMonitor: z
      .strictObject({ enabled: z.boolean().default(false), interval: z.string().default('15s') })
      .describe('Prometheus Operator asks each pod.'),
    prometheusRule: toggle('Alerts; docs/OPERATIONS.md has a runbook for each.'),
    dashboards: z
      .strictObject({
        enabled: z.boolean().default(false),
        labels: z.record(z.string(), z.string()).default({ grafana_dashboard: '1' }),
        annotations: map('Such as the folder for the sidecar.'),
      })
      .describe("ConfigMaps that Grafana's sidecar loads."),
  })
  .describe('For the Prometheus Operator and Grafana.');

const [tls] = readValue('k8s/ingress.yaml', 'Ingress/gateway', 'spec.tls') as [{ hosts: string[]; secretName: string }];

const ingress = z
  .strictObject({
    enabled: z.boolean().default(true),
    className: z
      .string()
      .default('')
      .describe("The cluster's default class, or that of the controller, where it is empty."),
    controller: z
      .enum(['', ...INGRESS_CONTROLLERS])
      .default('')
      .describe('Its class and its annotations for connections that live long: deploy/k8s-components/ingress-*.'),
    annotations: map('More of them; the last word is theirs.'),
    tlsSecret: name.default(tls.secretName).describe('The certificate.'),
  })
  .describe('Clients come by an Ingress that ends TLS.');

/** Every value of the chart: what values.yaml and values.schema.json are made of. */
export const VALUES = z.strictObject({
  hosts: z.array(z.string().min(1)).min(1).default(tls.hosts).describe('Names by which clients come.'),
  settings: z
    .strictObject({
      name: name
        .default('outcry-settings')
        .describe('The ConfigMap. It is made before, unless `data` says what is in it.'),
      data: map('OUTCRY_ORIGINS and OUTCRY_FEED_SOURCE at least; OUTCRY_ROOM_RULES_FILE, OUTCRY_AUTH_KEYS_FILE.'),
    })
    .describe('What has no good default.'),
  secrets: z
    .strictObject({ name: name.default('outcry-secrets') })
    .describe('Made before: the chart has none in it. deploy/k8s/kustomization.yaml says how.'),
  keys: z
    .strictObject({ secret: name.default('outcry-keys') })
    .describe('Its files are under /etc/outcry/keys, where OUTCRY_AUTH_KEYS_FILE finds them.'),
  roomRules: z
    .strictObject({ configMap: name.default('outcry-room-rules') })
    .describe('Its files are under /etc/outcry/room-rules, where OUTCRY_ROOM_RULES_FILE finds them.'),
  image: z
    .strictObject({
      registry: z.string().default('').describe('In front of every repository that names none itself.'),
      pullPolicy: z.enum(['', 'Always', 'IfNotPresent', 'Never']).default(''),
    })
    .describe('Of all images.'),
  imagePullSecrets: z.array(z.strictObject({ name })).default([]),
  commonLabels: map('Of every object.'),
  serviceAccount: z
    .strictObject({
      create: z.boolean().default(true),
      name: name.default('outcry'),
      annotations: map('Roles of a cloud.'),
    })
    .describe('Who the pods are; none has a token.'),
  namespace: z
    .strictObject({ create: z.boolean().default(false) })
    .describe('With its label for Pod Security. `helm install --create-namespace` makes it without.'),
  gateway,
  feedPublisher: z
    .strictObject(withReplicas({ file: 'k8s/feed-publisher.yaml', name: 'feed-publisher' }))
    .describe('Publishers of books.'),
  redis,
  inbound: extra('inbound', 'Publishes what your database commits (docs/INBOUND.md).'),
  archive: extra('archive', 'Keeps what is said in archived rooms (docs/ARCHIVE.md).'),
  events: extra(
    'events',
    'Tells your server who comes and who goes (docs/EVENTS.md).',
    'Of your server: its URL, and what both sign with.',
  ),
  ingress,
  httpRoute: z
    .strictObject({
      enabled: z.boolean().default(false),
      parentRefs: z
        .array(anything)
        .min(1)
        .default(
          readValue('k8s-components/gateway-api/http-route.yaml', 'HTTPRoute/gateway', 'spec.parentRefs') as never,
        )
        .describe('Your Gateway, with its class and its certificate.'),
    })
    .describe('Clients come by the Gateway API.'),
  networkPolicies: z
    .strictObject({ enabled: z.boolean().default(true) })
    .describe('Nobody reaches anybody in the namespace but as they say.'),
  monitoring,
  extraObjects: list('More objects of yours; templates in them are filled in.'),
  global: anything.default({}).describe('Of a chart that this one is a part of; not read.'),
});
