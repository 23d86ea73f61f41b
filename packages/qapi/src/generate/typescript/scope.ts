/** The scope of one generated file: the names of entities as that file has to write them. */
import type { Entity } from '../../model.js';
import type { Document, ImportedName } from '../printer/document.js';
import { importType, importValue } from '../printer/typescript-file.js';
import { rebased, specifier } from './files.js';
import type { Plan, PlannedFile } from './plan.js';

/** A TypeScript type for strings with a feature. */
export interface FeatureType {
  readonly name: string;
  /** The module that exports it; a relative one is relative to the output folder. */
  readonly from: string;
}

/** Options for types and descriptors. */
export interface TypeScriptOptions {
  /** The module of the runtime; a relative one is relative to the output folder. */
  readonly runtime: string;
  /** The types of `str` members (and lists of them) that have a feature, by the name of the feature. */
  readonly featureTypes: ReadonlyMap<string, FeatureType>;
}

export class Scope {
  readonly plan: Plan;
  readonly planned: PlannedFile;
  readonly #options: TypeScriptOptions;
  readonly #runtime: string;
  readonly #printed = new Set<Entity>();

  constructor(plan: Plan, planned: PlannedFile, options: TypeScriptOptions) {
    this.plan = plan;
    this.planned = planned;
    this.#options = options;
    this.#runtime = rebased(planned.path, options.runtime);
  }

  type(entity: Entity): Document {
    return this.from(this.plan.fileOf(entity), this.plan.nameOf(entity), importType);
  }

  value(entity: Entity): Document {
    return this.from(this.plan.fileOf(entity), this.plan.nameOf(entity));
  }

  /** Returns a value, or with `importType` a type, of a generated file. */
  from(file: PlannedFile, name: string, imported = importValue): Document {
    return file === this.planned ? name : imported(name, specifier(this.planned.path, file.path));
  }

  printed(entity: Entity): void {
    this.#printed.add(entity);
  }

  /** Returns true if the entity's descriptor exists when the next declaration runs. */
  ready(entity: Entity): boolean {
    return this.#printed.has(entity) || this.plan.loadsBefore(this.plan.fileOf(entity), this.planned);
  }

  runtimeValue(name: string): ImportedName {
    return importValue(name, this.#runtime);
  }

  runtimeType(name: string): ImportedName {
    return importType(name, this.#runtime);
  }

  /** Returns the type of strings with a feature, if one is configured. */
  featureType(feature: string): Document | undefined {
    const found = this.#options.featureTypes.get(feature);
    return found && importType(found.name, rebased(this.planned.path, found.from));
  }
}
