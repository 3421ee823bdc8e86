import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Diagnostic } from '../controller/model/diagnostic.ts';
import type { Judge, Untrusted } from '../controller/door/kinds.ts';
import type { FileRead, HeldFolder } from './files.ts';
import { maxBytes, parseSpec } from './parse.ts';
import { diagnosticAt, type Source } from './point.ts';
import { quoted } from './safe-text.ts';
import { child, spanOf, toValue, type Tree } from './tree.ts';

export const lockFileName = 'mlenv.lock';

/** What mlenv.lock says: the digest of the image of each environment. */
export interface Lock {
  /** As messages name it. */
  readonly file: string;
  readonly entries: ReadonlyMap<string, LockEntry & { readonly line: number }>;
}

export interface LockEntry {
  /** What the spec asks for, in one form; another text makes the entry good for nothing. */
  readonly image: string;
  /** `nvcr.io/nvidia/pytorch:24.05-py3` */
  readonly reference: string;
  /** `sha256:…` */
  readonly digest: string;
}

export type LockParse =
  | { readonly kind: 'lock'; readonly lock: Lock }
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] };

export type LockRead =
  | { readonly kind: 'none' }
  | { readonly kind: 'read'; readonly parsed: LockParse }
  | Untrusted
  /** It is there, and its bytes could not be had. */
  | { readonly kind: 'unread'; readonly file: string; readonly read: NoText };

export type NoText = Exclude<FileRead, { kind: 'bytes' | 'absent' }>;

/** The lock beside the spec that messages call `file`. */
export const readLock = async (
  held: Pick<HeldFolder, 'read'>,
  { file, judge }: { readonly file: string; readonly judge?: Judge },
): Promise<LockRead> => {
  const called = join(dirname(file), lockFileName);
  const how = { maxBytes, ...(judge === undefined ? {} : { judge }) };
  const read = await held.read([lockFileName], how);
  if (read.kind === 'untrusted') return read;
  // It is not followed anywhere.
  if (read.kind === 'absent' || read.kind === 'outside') return { kind: 'none' };
  if (read.kind !== 'bytes') return { kind: 'unread', file: called, read };
  return { kind: 'read', parsed: parseLock(read.bytes, called) };
};

export const parseLock = (bytes: Uint8Array, file: string): LockParse => {
  const parsed = parseSpec(bytes, file);
  if (!parsed.ok) return { kind: 'invalid', diagnostics: parsed.diagnostics };
  const { root, source } = parsed;
  const diagnostics: Diagnostic[] = [];
  const report: Report = (path, message, at) =>
    void diagnostics.push(faultAt({ root, source }, path, { message, at: at ?? 'value' }));
  const entries = new Map<string, LockEntry & { readonly line: number }>();
  for (const { key } of root.entries) {
    if (key !== 'version' && key !== 'environments')
      report([key], `there is no field ${quoted(key)}`, 'key');
  }
  const version = child(root, 'version');
  if (version?.kind !== 'scalar' || version.value !== lockVersion) {
    report(['version'], `version must be ${lockVersion}`);
  }
  const environments = child(root, 'environments');
  if (environments?.kind !== 'map') report(['environments'], 'environments must be a map');
  for (const { key, value } of environments?.kind === 'map' ? environments.entries : []) {
    const entry = entryOf(value, ['environments', key], report);
    const { line } = faultAt({ root, source }, ['environments', key], { message: '', at: 'key' });
    if (entry !== null) entries.set(key, { ...entry, line });
  }
  return diagnostics.length > 0
    ? { kind: 'invalid', diagnostics }
    : { kind: 'lock', lock: { file, entries } };
};

/** Sorted, so that two people who lock the same write the same. */
export const lockText = (entries: ReadonlyMap<string, LockEntry>): string => {
  const sorted = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${head}${stringify(
    {
      version: lockVersion,
      environments: Object.fromEntries(
        sorted.map(([name, { image, reference, digest }]) => [name, { image, reference, digest }]),
      ),
    },
    { lineWidth: 0 },
  )}`;
};

const lockVersion = 1;

const head = `# Which image each environment of mlenv.yaml runs, by its digest. Written by mlenv lock: commit it beside
# mlenv.yaml, and do not edit it. mlenv lock --update NAME looks for a newer image.
`;

type Report = (path: readonly string[], message: string, at?: 'key' | 'value') => void;

const forms = {
  image: /^\S(?:.*\S)?$/,
  reference: /^[a-zA-Z0-9][-a-zA-Z0-9_./:]*$/,
  digest: /^sha256:[0-9a-f]{64}$/,
} as const;

const entryOf = (tree: Tree, path: readonly string[], report: Report): LockEntry | null => {
  const value = toValue(tree);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(path, `${path.at(-1) ?? ''} must be a map of image, reference and digest`);
    return null;
  }
  const fields = new Map(Object.entries(value));
  for (const key of fields.keys()) {
    if (!Object.hasOwn(forms, key))
      report([...path, key], `there is no field ${quoted(key)}`, 'key');
  }
  const text = (field: keyof typeof forms): string => {
    const given: unknown = fields.get(field);
    if (typeof given === 'string' && forms[field].test(given)) return given;
    if (given === undefined) report(path, `${field} is missing`, 'key');
    else report([...path, field], `${field} is none`);
    return '';
  };
  return { image: text('image'), reference: text('reference'), digest: text('digest') };
};

const faultAt = (
  { root, source }: { readonly root: Tree; readonly source: Source },
  path: readonly string[],
  { message, at }: { readonly message: string; readonly at: 'key' | 'value' },
): Diagnostic =>
  diagnosticAt(source, spanOf(root, path, at), {
    code: 'E_LOCK',
    message,
    hint: 'mlenv lock writes it anew',
  });
