/** The target of a metric, with the bounds included. */
export interface Target {
  /** `ratio`: the first column divided by the second. `value`: the value of the first, in the metric's unit. */
  readonly kind: 'ratio' | 'value';
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A measured quantity. */
export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: 'µs' | '/s' | 'MB/s' | 'MB' | 'ms' | '%';
  readonly target?: Target;
}

/** Measured values by metric. */
export type Sample = Readonly<Record<string, number>>;

/** A metric whose target is at least this ratio, if any. */
export function faster(id: string, label: string, unit: Metric['unit'], atLeast?: number): Metric {
  return { id, label, unit, ...(atLeast !== undefined && { target: { kind: 'ratio', atLeast } }) };
}

/** A metric whose target is at most this ratio. */
export function ratioAtMost(id: string, label: string, unit: Metric['unit'], atMost: number): Metric {
  return { id, label, unit, target: { kind: 'ratio', atMost } };
}

/** A metric whose target is at most this value. */
export function valueAtMost(id: string, label: string, unit: Metric['unit'], atMost: number): Metric {
  return { id, label, unit, target: { kind: 'value', atMost } };
}

/** Sizes of the transfers, in bytes, with the number of requests per round and the ratios that are the targets. */
export const transferSizes = [
  { name: '4 KiB', size: 4096, requests: 1000, write: 1.3, read: 1.2 },
  { name: '64 KiB', size: 65_536, requests: 400, write: 9, read: 5 },
  { name: '1 MiB', size: 2 ** 20, requests: 32, write: 20, read: 8 },
  { name: '4 MiB', size: 2 ** 22, requests: 10, write: 16, read: 6 },
  { name: '16 MiB', size: 2 ** 24, requests: 3, write: 16, read: 6 },
] as const;

/** Read-only commands whose duration is measured, with what a large machine has of their objects. */
export const questions = [
  { name: 'guest-get-fsinfo', large: '200 mounts of 51 filesystems' },
  { name: 'guest-get-disks', large: '50 disks' },
  { name: 'guest-network-get-interfaces', large: '200 addresses' },
  { name: 'guest-get-osinfo', large: '' },
] as const;

/** The metrics of an agent, in the order of the report. */
export const agentMetrics: readonly Metric[] = [
  ratioAtMost('ping.p50', 'ping, p50', 'µs', 0.7),
  ratioAtMost('ping.p99', 'ping, p99', 'µs', 0.8),
  faster('ping.pipelined', 'pings, pipelined', '/s', 4),
  ...transferSizes.map(({ name, write }) => faster(`write.${name}`, `file write, ${name}`, 'MB/s', write)),
  ...transferSizes.map(({ name, read }) => faster(`read.${name}`, `file read, ${name}`, 'MB/s', read)),
  ...(['write', 'read'] as const).flatMap((verb): Metric[] => [
    { id: `limit.${verb}`, label: `limit: the bytes of a ${verb} of 1 MiB alone`, unit: 'MB/s' },
    {
      id: `limit.${verb}.share`,
      label: `file ${verb}, 1 MiB, part of the limit`,
      unit: '%',
      target: { kind: 'value', atLeast: 50 },
    },
  ]),
  { id: 'open.plain', label: 'file open and close, p50', unit: 'µs' },
  { id: 'open.policy', label: 'file open and close with rules on files, p50', unit: 'µs' },
  ...questions.flatMap(({ name, large }) => {
    const label = large === '' ? name : `${name}, ${large}`;
    return [
      ratioAtMost(`question.first.${name}`, `${label}, first`, 'µs', 3),
      ratioAtMost(`question.${name}`, `${label}, hundredth`, 'µs', 1),
    ];
  }),
  faster('exec.rate', 'exec of /bin/true with status', '/s', 2),
  faster('exec.output', 'exec output, 16 MiB', 'MB/s', 6),
  valueAtMost('memory.peak.write', 'peak, write of 48 MiB', 'MB', 100),
  valueAtMost('memory.peak.read', 'peak, read of 48 MiB', 'MB', 100),
  valueAtMost('memory.peak.eight', 'peak, eight reads of 48 MiB', 'MB', 110),
  valueAtMost('memory.later', 'resident 10 s after eight reads of 48 MiB', 'MB', 60),
  { id: 'memory.idle.private', label: 'idle, private memory', unit: 'MB' },
  { id: 'memory.idle.resident', label: 'idle, resident memory', unit: 'MB' },
  valueAtMost('memory.executable.private', 'single executable, idle, private memory', 'MB', 9),
  valueAtMost('memory.executable.resident', 'single executable, idle, resident memory', 'MB', 38),
  { id: 'start', label: 'start to first answer', unit: 'ms' },
  valueAtMost('start.executable', 'single executable, start to first answer', 'ms', 50),
];

export const compilerMetrics: readonly Metric[] = [
  valueAtMost('compiler', "compiler, QEMU's agent schema", 'ms', 300),
  ratioAtMost('compiler.qmp', "compiler, QEMU's QMP schema", 'ms', 0.4),
  ratioAtMost('compiler.qmp.cpu', "compiler, QEMU's QMP schema, CPU", 'ms', 0.4),
];
