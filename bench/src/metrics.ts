/** The target of a metric. */
export type Target =
  /** Ours divided by the C agent's. Reaching `orValue` is also sufficient. */
  | { readonly kind: 'ratio'; readonly atMost?: number; readonly atLeast?: number; readonly orValue?: number }
  /** Our value, in the metric's unit. */
  | { readonly kind: 'value'; readonly atMost: number };

/** A measured quantity. */
export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: 'µs' | '/s' | 'MB/s' | 'MB' | 'ms';
  readonly target?: Target;
}

/** Sizes of the transfers, in bytes, with the number of requests per round. */
export const transferSizes: readonly {
  readonly name: string;
  readonly size: number;
  readonly requests: number;
}[] = [
  { name: '4 KiB', size: 4096, requests: 1000 },
  { name: '64 KiB', size: 65_536, requests: 400 },
  { name: '1 MiB', size: 2 ** 20, requests: 32 },
  { name: '16 MiB', size: 2 ** 24, requests: 3 },
];

const writeTargets: Readonly<Record<string, Target>> = {
  '64 KiB': { kind: 'ratio', atLeast: 6 },
  '1 MiB': { kind: 'ratio', atLeast: 10 },
};

const readTargets: Readonly<Record<string, Target>> = {
  '64 KiB': { kind: 'ratio', atLeast: 3 },
  '1 MiB': { kind: 'ratio', atLeast: 3 },
  '16 MiB': { kind: 'ratio', atLeast: 3 },
};

/** Read-only commands whose duration is measured. */
export const questions = [
  'guest-get-fsinfo',
  'guest-get-disks',
  'guest-network-get-interfaces',
  'guest-get-osinfo',
] as const;

function withTarget(metric: Metric, target: Target | undefined): Metric {
  return target === undefined ? metric : { ...metric, target };
}

/** A metric for each of the {@link questions}. */
export const questionMetrics: readonly Metric[] = questions.map((name) => ({
  id: `question.${name}`,
  label: `${name}, p50`,
  unit: 'µs',
  target: { kind: 'ratio', atMost: 1.5 },
}));

/** The metrics of an agent, in the order of the report. */
export const agentMetrics: readonly Metric[] = [
  { id: 'ping.p50', label: 'ping, p50', unit: 'µs', target: { kind: 'ratio', atMost: 1 } },
  { id: 'ping.p99', label: 'ping, p99', unit: 'µs' },
  { id: 'ping.pipelined', label: 'pings, pipelined', unit: '/s', target: { kind: 'ratio', atLeast: 1 } },
  ...transferSizes.map(({ name }) =>
    withTarget({ id: `write.${name}`, label: `file write, ${name}`, unit: 'MB/s' }, writeTargets[name]),
  ),
  ...transferSizes.map(({ name }) =>
    withTarget({ id: `read.${name}`, label: `file read, ${name}`, unit: 'MB/s' }, readTargets[name]),
  ),
  ...questionMetrics,
  {
    id: 'exec.rate',
    label: 'exec of /bin/true with status',
    unit: '/s',
    target: { kind: 'ratio', atLeast: 1 },
  },
  { id: 'exec.output', label: 'exec output, 16 MiB', unit: 'MB/s', target: { kind: 'ratio', atLeast: 2 } },
  {
    id: 'memory.idle.private',
    label: 'idle, private memory',
    unit: 'MB',
    target: { kind: 'value', atMost: 20 },
  },
  { id: 'memory.idle.resident', label: 'idle, resident memory', unit: 'MB' },
  { id: 'memory.after.private', label: 'after transfers, private memory', unit: 'MB' },
  { id: 'memory.after.resident', label: 'after transfers, resident memory', unit: 'MB' },
  {
    id: 'memory.peak.write',
    label: 'peak, write of 48 MiB',
    unit: 'MB',
    target: { kind: 'value', atMost: 200 },
  },
  {
    id: 'memory.peak.read',
    label: 'peak, read of 48 MiB',
    unit: 'MB',
    target: { kind: 'value', atMost: 200 },
  },
  { id: 'start', label: 'start to first answer', unit: 'ms' },
  {
    id: 'start.executable',
    label: 'single executable, start to first answer',
    unit: 'ms',
    target: { kind: 'value', atMost: 150 },
  },
];

/** The compiler is measured without a counterpart. */
export const compilerMetric: Metric = {
  id: 'compiler',
  label: "compiler, QEMU's agent schema",
  unit: 'ms',
  target: { kind: 'value', atMost: 300 },
};

/** Measured values by metric. */
export type Sample = Readonly<Record<string, number>>;
