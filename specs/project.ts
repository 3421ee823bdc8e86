import { basename } from 'node:path';
import type { Diagnostic } from '../controller/model/diagnostic.ts';
import type {
  ProjectWish,
  RawEnvironment,
  ResolvedEnvironment,
} from '../controller/model/environment.ts';
import { mergeDefaults, withoutOwnFields } from './defaults.ts';
import { fault, type Fault, type Path } from './fault.ts';
import type { SpecFiles } from './files.ts';
import { hasVariables, interpolate } from './interpolate.ts';
import { parseSpec } from './parse.ts';
import { placeFaults } from './place.ts';
import { textFaults, withQuoteAdvice } from './quote.ts';
import { relationFaults, type Related } from './relations.ts';
import { variablesOf } from './resolve-env.ts';
import { resolveEnvironment, type ResolveContext } from './resolve.ts';
import { toValue, type Tree } from './tree.ts';
import { validateFile } from './validate.ts';

export interface ProjectPlace {
  /** How diagnostics name the file. */
  readonly file: string;
  /** The project's folder, absolute. */
  readonly folder: string;
  readonly files: SpecFiles;
  /** Enters the digests of what comes from outside the file; any bytes where nobody keeps them. */
  readonly hmacKey: Uint8Array;
}

export type ProjectRead =
  | { readonly ok: true; readonly wish: ProjectWish }
  | {
      readonly ok: false;
      readonly diagnostics: readonly Diagnostic[];
      /** Trying again may help: the disk or the moment is to blame, not the text. */
      readonly temporary: boolean;
    };

/** One file's bytes to the wish, or every fault of it at once, in the order of its lines. */
export const readProject = async (bytes: Uint8Array, place: ProjectPlace): Promise<ProjectRead> => {
  const parsed = parseSpec(bytes, place.file);
  if (!parsed.ok) return { ok: false, diagnostics: parsed.diagnostics, temporary: false };
  const { root, source } = parsed;
  const faults: Fault[] = [];
  const wish = await wishOf(root, place, faults);
  if (wish !== null && faults.length === 0) return { ok: true, wish };
  return {
    ok: false,
    diagnostics: placeFaults(faults, root, source),
    temporary: faults.every((one) => one.temporary === true),
  };
};

/** The name where the file gives none; null where the folder's name has nothing to make one of. */
export const projectNameOf = (folder: string): string | null => {
  const plain = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const name = plain.replace(/^-/, '').slice(0, 40).replace(/-$/, '');
  return name === '' ? null : name;
};

const wishOf = async (
  root: Tree,
  place: ProjectPlace,
  faults: Fault[],
): Promise<ProjectWish | null> => {
  const value = toValue(root) as Readonly<Record<string, unknown>>;
  const read = withoutOwn(value);
  const variables = hasVariables(read)
    ? await variablesOf(place, (one) => faults.push(one))
    : new Map<string, string>();
  // Without the file of variables every one of them would look unset.
  if (faults.length > 0) return null;
  const { value: filled, faults: unset } = interpolate(read, variables);
  faults.push(...unset, ...shapeFaults(root, filled, unset));
  // What else a newer file means cannot be judged.
  if (faults.some(({ code }) => code === 'E_API_VERSION_NEWER')) return null;
  const name = nameOf(filled, place.folder, faults);
  const context = { ...place, variables };
  const environments = await resolveAll(value, context, faults);
  return environments === null || name === null ? null : { name, environments };
};

/** What stands where a variable has no value cannot be judged. */
const shapeFaults = (root: Tree, filled: unknown, unset: readonly Fault[]): readonly Fault[] => {
  const text = textFaults(root);
  const shape = withQuoteAdvice(validateFile(filled), root, filled);
  const judged = [...unset, ...text];
  return [
    ...text,
    ...shape.filter(({ path }) => !judged.some((one) => startsWith(path, one.path))),
  ];
};

const nameOf = (filled: unknown, folder: string, faults: Fault[]): string | null => {
  const given = isMap(filled) ? filled['project'] : undefined;
  if (given !== undefined) return typeof given === 'string' ? given : null;
  const name = projectNameOf(folder);
  if (name === null) {
    const message = "the folder's name has no letter or digit to make the project's name of";
    faults.push(fault('E_NAME', [], { message, hint: 'add project: with a name' }));
  }
  return name;
};

const resolveAll = async (
  value: Readonly<Record<string, unknown>>,
  context: ResolveContext,
  faults: Fault[],
): Promise<readonly ResolvedEnvironment[] | null> => {
  const { environments, defaults = {} } = value;
  if (!isMap(environments)) return null;
  const shaped = [...faults];
  const related: Related[] = [];
  const good: ResolvedEnvironment[] = [];
  for (const [name, own] of Object.entries(environments)) {
    const at = ['environments', name];
    const raw = withoutOwnFields(mergeDefaults(defaults, own));
    const sound = soundPart(raw, shaped, at);
    if (sound === null) {
      related.push({ name, wish: null });
      continue;
    }
    const result = await resolveEnvironment(name, sound, context);
    if (result.ok && sound === raw) good.push(result.resolved);
    related.push({ name, wish: result.ok ? result.resolved.wish : result.partial });
    if (result.ok) continue;
    const told = result.faults.filter(({ path }) => path.length > 0 || !imageInDoubt(shaped, at));
    faults.push(...told.map((one) => ({ ...one, path: [...at, ...one.path] })));
  }
  faults.push(...relationFaults(related));
  return good;
};

/**
 * Without the fields that were found misshapen, so that the others can be looked at as well: all
 * faults are told at once. null where nothing can be made of it.
 */
const soundPart = (
  raw: RawEnvironment,
  shaped: readonly Fault[],
  at: Path,
): RawEnvironment | null => {
  const bad = new Set<string | number>();
  for (const { path } of shaped) {
    const field = startsWith(path, at) ? path[2] : path[0] === 'defaults' ? path[1] : '';
    if (field === undefined) return null;
    bad.add(field);
  }
  const kept = Object.entries(raw).filter(([key]) => !bad.has(key));
  return kept.length === Object.keys(raw).length && !shaped.some(({ path }) => startsWith(path, at))
    ? raw
    : Object.fromEntries(kept);
};

/** What was left out may have been the image, or have been meant to be it. */
const imageInDoubt = (shaped: readonly Fault[], at: Path): boolean =>
  shaped.some(
    ({ path, hint }) =>
      (startsWith(path, at) && (path[2] === 'image' || hint.includes('"image"'))) ||
      (path[0] === 'defaults' && (path[1] === 'image' || hint.includes('"image"'))),
  );

/** Fields of the user's own are not looked into, not even for variables. */
const withoutOwn = (
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  const file: Record<string, unknown> = { ...withoutOwnFields(value) };
  if (isMap(file['defaults'])) file['defaults'] = withoutOwnFields(file['defaults']);
  const environments = file['environments'];
  if (isMap(environments)) {
    const kept: Record<string, unknown> = Object.create(null);
    for (const [name, one] of Object.entries(environments)) {
      kept[name] = isMap(one) ? withoutOwnFields(one) : one;
    }
    file['environments'] = kept;
  }
  return file;
};

const startsWith = (path: Path, prefix: Path): boolean =>
  prefix.every((part, index) => path[index] === part);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
