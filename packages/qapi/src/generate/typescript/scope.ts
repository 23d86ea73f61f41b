/** What the printing of one file needs to know: names as this file has to write them. */
import type { Entity } from '../../model.js';
import type { Document, ImportedName } from '../printer/document.js';
import { importType, importValue, type TypeScriptFile } from '../printer/typescript-file.js';
import { rebased, specifier } from './files.js';
import type { Plan, PlannedFile } from './plan.js';

/** A TypeScript type for text that carries a feature. */
export interface FeatureType {
  readonly name: string;
  /** The module that exports it; a relative one is relative to the output folder. */
  readonly from: string;
}

/** How types and descriptors are to be written. */
export interface TypeScriptOptions {
  /** The module of the runtime; a relative one is relative to the output folder. */
  readonly runtime: string;
  /** For `str` members (and lists of them) that carry a feature: the type to use, by the feature's name. */
  readonly featureTypes: ReadonlyMap<string, FeatureType>;
}

/** The surroundings of what is printed into one file. */
export interface Scope {
  readonly plan: Plan;
  readonly planned: PlannedFile;
  readonly file: TypeScriptFile;
  readonly options: TypeScriptOptions;
  /** The entity's type. */
  type(entity: Entity): Document;
  /** The entity's descriptor. */
  value(entity: Entity): Document;
  /** Marks a declaration as printed. */
  printed(entity: Entity): void;
  /** Whether the entity's descriptor exists when a declaration printed now is run. */
  ready(entity: Entity): boolean;
  /** A value that the runtime exports. */
  runtimeValue(name: string): ImportedName;
  /** A type that the runtime exports. */
  runtimeType(name: string): ImportedName;
  /** The type that a feature gives to a text. */
  featureType(feature: string): Document | undefined;
  /** A value of another file of the output. */
  from(file: PlannedFile, name: string): Document;
}

/** The scope of one file. */
export function makeScope(
  plan: Plan,
  planned: PlannedFile,
  file: TypeScriptFile,
  options: TypeScriptOptions,
): Scope {
  const runtime = rebased(planned.path, options.runtime);
  const printed = new Set<Entity>();
  const home = (entity: Entity) => plan.fileOf(entity);
  const from = (other: PlannedFile) => specifier(planned.path, other.path);
  return {
    plan,
    planned,
    file,
    options,
    type(entity) {
      const name = plan.nameOf(entity);
      return home(entity) === planned ? name : importType(name, from(home(entity)));
    },
    value(entity) {
      const name = plan.nameOf(entity);
      return home(entity) === planned ? name : importValue(name, from(home(entity)));
    },
    printed: (entity) => void printed.add(entity),
    ready: (entity) => printed.has(entity) || plan.loadsBefore(home(entity), planned),
    runtimeValue: (name) => importValue(name, runtime),
    runtimeType: (name) => importType(name, runtime),
    featureType(feature) {
      const found = options.featureTypes.get(feature);
      return found && importType(found.name, rebased(planned.path, found.from));
    },
    from: (other, name) => (other === planned ? name : importValue(name, from(other))),
  };
}
