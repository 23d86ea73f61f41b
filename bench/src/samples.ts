import type { Sample } from './metrics.js';

/** Takes the values of a round of a column. */
export type Take = (column: string, sample: Sample) => void;

/** How much is measured. */
export interface Extent {
  readonly rounds: number;
  /** The amount of work in a round; 1 is the default. */
  readonly effort: number;
  /** Gets lines about the progress. */
  readonly say: (text: string) => void;
}

/** The values of all rounds, by column and metric. */
export class Samples {
  readonly #values = new Map<string, Map<string, number[]>>();

  /** Adds the values of a round. */
  readonly take: Take = (column, sample) => {
    const byMetric = this.#values.get(column) ?? new Map<string, number[]>();
    this.#values.set(column, byMetric);
    for (const [id, value] of Object.entries(sample)) {
      const values = byMetric.get(id) ?? [];
      byMetric.set(id, values);
      values.push(value);
    }
  };

  /** Returns the values of a metric; empty if it was not measured. */
  of(column: string, id: string): readonly number[] {
    return this.#values.get(column)?.get(id) ?? [];
  }
}
