/**
 * What a gateway's memory is made of, in whole numbers, because the chart computes it as well. The first two are measured
 * (deploy/docker/Dockerfile, bench/results/memory.json), rounded up; the share of slow clients is a choice.
 */
export const MEMORY = {
  /** Resident, where publishes go through at full speed. */
  baseMib: 226,
  /** Hundredths of a KiB for each idle connection. */
  connectionKib100: 285,
  /** Of 1,000 clients so many may have left OUTCRY_HARD_BUFFER_BYTES unread at once. */
  slowOf1000: 5,
  /** The default of OUTCRY_HARD_BUFFER_BYTES. */
  hardBufferKib: 1024,
  /** Limits are multiples of it. */
  stepMib: 64,
} as const;

/** Per cent of OUTCRY_MAX_CONNECTIONS at which gateways are added: the rest is for the clients of one that is lost. */
export const CONNECTIONS_PERCENT = 60;

/** The limit of memory that fits so many connections, as Kubernetes writes it. */
export function memoryLimitOf(maxConnections: number): string {
  if (!Number.isSafeInteger(maxConnections) || maxConnections < 1) {
    throw new RangeError(`connections are a whole number from 1 on, not ${String(maxConnections)}`);
  }
  const idleKib = Math.floor((maxConnections * MEMORY.connectionKib100) / 100);
  const slowKib = Math.floor((maxConnections * MEMORY.slowOf1000 * MEMORY.hardBufferKib) / 1000);
  const steps = Math.ceil((MEMORY.baseMib * 1024 + idleKib + slowKib) / (MEMORY.stepMib * 1024));
  const mib = steps * MEMORY.stepMib;
  return mib % 1024 === 0 ? `${String(mib / 1024)}Gi` : `${String(mib)}Mi`;
}

/** The same for Helm. */
export function memoryTemplate(): string {
  const { baseMib, connectionKib100, slowOf1000, hardBufferKib, stepMib } = MEMORY;
  const stepKib = stepMib * 1024;
  return `{{/* The limit of memory that fits gateway.maxConnections: docs/OPERATIONS.md has the formula. */}}
{{- define "outcry.gatewayMemory" -}}
{{- $connections := int64 .Values.gateway.maxConnections }}
{{- $idle := div (mul $connections ${String(connectionKib100)}) 100 }}
{{- $slow := div (mul $connections ${String(slowOf1000)} ${String(hardBufferKib)}) 1000 }}
{{- $kib := add ${String(baseMib * 1024)} $idle $slow }}
{{- $mib := mul ${String(stepMib)} (div (add $kib ${String(stepKib - 1)}) ${String(stepKib)}) }}
{{- if eq (mod $mib 1024) 0 }}{{ div $mib 1024 }}Gi{{ else }}{{ $mib }}Mi{{ end }}
{{- end }}

{{/* Connections of a gateway on average from which on more of them are wanted: ${String(CONNECTIONS_PERCENT)} % of gateway.maxConnections. */}}
{{- define "outcry.connectionsTarget" -}}
{{- div (mul (int64 .Values.gateway.maxConnections) ${String(CONNECTIONS_PERCENT)}) 100 }}
{{- end }}

{{/* The same as the API server writes quantities: otherwise each apply would find a difference. */}}
{{- define "outcry.connectionsQuantity" -}}
{{- $target := include "outcry.connectionsTarget" . }}
{{- if hasSuffix "000000" $target }}{{ trimSuffix "000000" $target }}M
{{- else if hasSuffix "000" $target }}{{ trimSuffix "000" $target }}k
{{- else }}{{ $target }}{{ end }}
{{- end }}
`;
}
