import { basename } from 'node:path';
import type { Diagnostic } from '../controller/model/diagnostic.ts';
import type { DriftPolicy } from '../controller/model/context.ts';
import type { ProjectWish, ResolvedEnvironment } from '../controller/model/environment.ts';
import { mergeDefaults, withoutOwnFields } from './defaults.ts';
import { fault, type Fault, type Path } from './fault.ts';
import { hasVariables, interpolate } from './interpolate.ts';
import type { Lock } from './lock.ts';
import { parseSpec } from './parse.ts';
import { placeFaults } from './place.ts';
import { attackFaults } from './policy.ts';
import { soundPart, type SoundPart } from './sound.ts';
import { textFaults, withQuoteAdvice } from './quote.ts';
import { redact } from './redact.ts';
import { relationFaults, type Related } from './relations.ts';
import { variablesOf } from './resolve-env.ts';
import type { MountPlace } from './resolve-mounts.ts';
import type { ReadSecret } from './resolve-secrets.ts';
import { resolveEnvironment, type ResolveContext } from './resolve.ts';
import { toValue, type Tree } from './tree.ts';
import { validateFile } from './validate.ts';

export interface ProjectPlace {
  /** How diagnostics name the file. */
  readonly file: string;
  /** The project's folder, absolute. */
  readonly folder: string;
  /** Whose name is the project's where the file gives none; left out, the folder's. */
  readonly called?: string;
  readonly files: MountPlace['files'];
  /** The project's folder where somebody holds it, and who judges what is read in it. */
  readonly held?: Exclude<MountPlace['held'], undefined>;
  readonly judge?: Exclude<MountPlace['judge'], undefined>;
  /** Enters the digests of what comes from outside the file; any bytes where nobody keeps them. */
  readonly hmacKey: Uint8Array;
  /** Of the folder's owner; left out: their values are not looked at. */
  readonly readSecret?: ReadSecret;
  readonly mountRoots?: Exclude<MountPlace['mountRoots'], undefined>;
  /** Beside the file; left out: there is none, or nobody looks. */
  readonly lock?: Lock | null;
}

export type ProjectRead =
  | { readonly ok: true; readonly wish: ProjectWish }
  | {
      readonly ok: false;
      readonly diagnostics: readonly Diagnostic[];
      /** Trying again may help: the disk or the moment is to blame, not the text. */
      readonly temporary: boolean;
      /** What is known of its environments all the same: good for looking for more faults, and for nothing else. */
      readonly readable: readonly ReadableEnvironment[];
    };

/** An environment of a file with faults, as far as it can be read. */
export interface ReadableEnvironment extends ResolvedEnvironment {
  /** A place in `wish` as it is in the file; null: nobody wrote it, or what stands there is in doubt. */
  readonly placeOf: (path: Path) => Path | null;
}

/** One file's bytes to the wish, or every fault of it at once, in the order of its lines. */
export const readProject = async (bytes: Uint8Array, place: ProjectPlace): Promise<ProjectRead> => {
  const parsed = parseSpec(bytes, place.file);
  if (!parsed.ok) {
    return { ok: false, diagnostics: parsed.diagnostics, temporary: false, readable: [] };
  }
  const { root, source } = parsed;
  const faults: Fault[] = [];
  const readable: ReadableEnvironment[] = [];
  const wish = await wishOf(root, place, { faults, readable });
  if (wish !== null && faults.length === 0) return { ok: true, wish };
  return {
    ok: false,
    diagnostics: placeFaults(faults, root, source),
    temporary: faults.every((one) => one.temporary === true),
    readable,
  };
};

/** Faults that were found in a file's meaning, at their places in its text. */
export const faultsAt = (
  bytes: Uint8Array,
  file: string,
  faults: readonly Fault[],
): readonly Diagnostic[] => {
  const parsed = parseSpec(bytes, file);
  return parsed.ok ? placeFaults(faults, parsed.root, parsed.source) : parsed.diagnostics;
};

/** The name where the file gives none; null where the folder's name has nothing to make one of. */
export const projectNameOf = (folder: string): string | null => {
  const plain = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const name = plain.replace(/^-/, '').slice(0, 40).replace(/-$/, '');
  return name === '' ? null : name;
};

interface Found {
  readonly faults: Fault[];
  readonly readable: ReadableEnvironment[];
}

const wishOf = async (
  root: Tree,
  place: ProjectPlace,
  found: Found,
): Promise<ProjectWish | null> => {
  const { faults } = found;
  const value = toValue(root) as Readonly<Record<string, unknown>>;
  const read = withoutOwn(value);
  const variables = hasVariables(read)
    ? await variablesOf(place, (one) => faults.push(one))
    : new Map<string, string>();
  // Without the file of variables every one of them would look unset.
  if (faults.length > 0) return null;
  const { value: filled, faults: unset } = interpolate(read, variables);
  faults.push(...unset, ...redact(shapeFaults(root, filled, unset), read));
  // What else a newer file means cannot be judged.
  if (faults.some(({ code }) => code === 'E_API_VERSION_NEWER')) return null;
  const name = nameOf(filled, place.called ?? place.folder, faults);
  const context = { ...place, variables };
  const environments = await resolveAll(value, context, found);
  return environments === null || name === null
    ? null
    : { name, driftPolicy: driftPolicyOf(filled), environments };
};

/** What stands where a variable has no value cannot be judged. */
const shapeFaults = (root: Tree, filled: unknown, unset: readonly Fault[]): readonly Fault[] => {
  const text = textFaults(root);
  const shape = withQuoteAdvice(validateFile(filled), root, filled);
  const attacks = attackFaults(filled);
  const judged = [...unset, ...text, ...attacks];
  return [
    ...attacks,
    ...text,
    ...shape.filter(({ path }) => !judged.some((one) => startsWith(path, one.path))),
  ];
};

/** What is neither was found a fault before. */
const driftPolicyOf = (filled: unknown): DriftPolicy =>
  isMap(filled) && filled['driftPolicy'] === 'report' ? 'report' : 'repair';

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
  { faults, readable }: Found,
): Promise<readonly ResolvedEnvironment[] | null> => {
  const { environments, defaults = {} } = value;
  if (!isMap(environments)) return null;
  const shaped = [...faults];
  const related: Related[] = [];
  const good: ResolvedEnvironment[] = [];
  for (const [name, own] of Object.entries(environments)) {
    const raw = withoutOwnFields(mergeDefaults(defaults, own));
    const sound = soundPart(raw, shaped, name);
    const result = sound === null ? null : await resolveEnvironment(name, sound.raw, context);
    const wish = result?.ok === true ? result.resolved.wish : (result?.partial ?? null);
    related.push({ name, wish });
    if (result?.ok === true && sound?.isWhole === true) good.push(result.resolved);
    if (sound !== null && wish !== null) {
      const doubtful = result?.ok === false ? result.faults.map(({ path }) => path[0]) : [];
      readable.push({ wish, raw: sound.raw, placeOf: placeIn(sound, doubtful) });
    }
    if (sound === null || result === null || result.ok) continue;
    const told = result.faults.filter(({ path }) => path.length > 0 || !sound.imageInDoubt);
    faults.push(
      ...told.map((one) => ({ ...one, path: ['environments', name, ...sound.written(one.path)] })),
    );
  }
  faults.push(...relationFaults(related));
  return good;
};

/** What was left out may have said otherwise than the default that stands there now. */
const placeIn =
  (
    { raw, isWhole, written }: SoundPart,
    doubtful: readonly unknown[],
  ): ReadableEnvironment['placeOf'] =>
  (path) => {
    const isSure = doubtful.length === 0 && isWhole;
    const isWritten = Object.hasOwn(raw, path[0] ?? '') && !doubtful.includes(path[0]);
    return isSure || isWritten ? written(path) : null;
  };

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
