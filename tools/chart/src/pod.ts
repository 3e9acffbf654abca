import { after, append, before, block, type Edit, hole, type Path, unless } from './manifest-template.ts';

/** What every object of a release has besides what its file says. */
export const OWNED: Edit = after(
  'metadata.name',
  `
namespace: {{ .Release.Namespace }}
labels:
  {{- include "outcry.labels" . | nindent 4 }}`,
);

const POD = 'spec.template.spec';

interface Workload {
  /** Of its container, and of its pods' label. */
  readonly name: string;
  /** Where its values are, without a dot in front. */
  readonly values: string;
  /** Redis is given its image and its strategy by itself. */
  readonly isService: boolean;
  /** What stands in the place of the whole of `resources`. */
  readonly resources?: string;
}

/** What can be set of any pod: who runs it where, with what else in it. */
export function podEdits({ name, values, isService, resources }: Workload): readonly Edit[] {
  const container: Path = `${POD}.containers.name=${name}`;
  const of = `.Values.${values}`;
  return [
    OWNED,
    hole('spec.template.metadata.labels', labelsOf(name, of)),
    hole(`${POD}.serviceAccountName`, '{{ .Values.serviceAccount.name }}'),
    after(`${POD}.automountServiceAccountToken`, scheduling(of)),
    hole(`${container}.image`, `{{ include "outcry.image" (list . ${of}.image) }}`),
    after(`${container}.image`, PULL_POLICY),
    append(`${container}.env`, `${of}.extraEnv`),
    after(`${container}.env`, `{{- with ${of}.extraEnvFrom }}\nenvFrom:\n  {{- toYaml . | nindent 12 }}\n{{- end }}`),
    block(`${container}.resources`, resources ?? `${of}.resources`),
    append(`${container}.volumeMounts`, `${of}.extraVolumeMounts`),
    append(`${POD}.volumes`, `${of}.extraVolumes`),
    ...(isService ? serviceEdits(of) : []),
  ];
}

/** What Deployments have and the StatefulSet of Redis has not. */
function serviceEdits(of: string): readonly Edit[] {
  return [
    append('spec.template.metadata.annotations', `${of}.podAnnotations`),
    unless(
      `${POD}.topologySpreadConstraints`,
      `${of}.topologySpreadConstraints`,
      `topologySpreadConstraints:\n  {{- toYaml ${of}.topologySpreadConstraints | nindent 8 }}`,
    ),
    hole('spec.minReadySeconds', `{{ ${of}.minReadySeconds }}`),
    hole(`${POD}.terminationGracePeriodSeconds`, `{{ ${of}.terminationGracePeriodSeconds }}`),
  ];
}

function labelsOf(name: string, of: string): string {
  return `
        app.kubernetes.io/name: ${name}
        {{- include "outcry.podLabels" (list . ${of}) | nindent 8 }}`;
}

function scheduling(of: string): string {
  return `
{{- with include "outcry.scheduling" (list . ${of}) }}
{{- . | nindent 6 }}
{{- end }}`;
}

const PULL_POLICY = `
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}`;

/** The names of secrets and of settings, of which somebody may have others. */
export function secretHoles(
  container: Path,
  names: readonly string[],
  secret = '.Values.secrets.name',
): readonly Edit[] {
  return names.map((name) => hole(`${container}.env.name=${name}.valueFrom.secretKeyRef.name`, `{{ ${secret} }}`));
}

/** The same of variables whose value is in the ConfigMap of settings. */
export function settingHoles(container: Path, names: readonly string[]): readonly Edit[] {
  return names.map((name) =>
    hole(`${container}.env.name=${name}.valueFrom.configMapKeyRef.name`, '{{ .Values.settings.name }}'),
  );
}

/** Where Redis is, by the mode: an address that is not the chart's stands in front of the URL that it becomes part of. */
export function redisEdits(container: Path, user: string): readonly Edit[] {
  return [
    before(`${container}.env.name=REDIS_PASSWORD`, REDIS_ADDRESS),
    hole(`${container}.env.name=OUTCRY_REDIS_URL.value`, `'{{ include "outcry.redisUrl" (list . "${user}") }}'`),
    after(`${container}.env.name=OUTCRY_REDIS_URL`, REQUIRE_REPLICAS),
  ];
}

const REDIS_ADDRESS = `
{{- if ne .Values.redis.mode "bundled" }}
- name: REDIS_ADDRESS
  valueFrom: { configMapKeyRef: { name: {{ .Values.redis.addressConfigMap }}, key: ADDRESS } }
{{- end }}`;

const REQUIRE_REPLICAS = `
{{- if eq .Values.redis.mode "sentinel" }}
- { name: OUTCRY_REDIS_REQUIRE_REPLICAS, value: 'true' }
{{- end }}`;
