import { basename, dirname, join } from 'node:path';
import type { MountRoot } from '../controller/model/config.ts';
import type { ResolvedEnvironment } from '../controller/model/environment.ts';
import { failed, ok, type Result } from '../controller/model/failure.ts';
import type { Judge } from '../controller/door/kinds.ts';
import type { FolderIdentity, SpecRead, SpecReader } from '../controller/model/ports.ts';
import type { SecretFiles } from '../controller/model/secret.ts';
import type { Owner } from '../controller/model/record.ts';
import type { ReadSecret } from './resolve-secrets.ts';
import { discoverFolders } from './discover.ts';
import { fileDiagnostic } from './file-diagnostic.ts';
import type { FolderLook, HeldFolder, SpecFiles } from './files.ts';
import { hasVariables } from './interpolate.ts';
import { lockFileName, readLock, type Lock } from './lock.ts';
import { maxBytes } from './parse.ts';
import { readProject, type ProjectPlace } from './project.ts';
import { variablesOf } from './resolve-env.ts';
import { resolveEnvironment } from './resolve.ts';
import type { Fault } from './fault.ts';
import { judgeFolder, judgeIn, type TrustOptions } from './trust.ts';

export type { TrustOptions } from './trust.ts';

export const specFileName = 'mlenv.yaml';

export interface SpecReaderOptions {
  readonly files: SpecFiles;
  readonly hmacKey: Uint8Array;
  /** Left out: nobody's are read. */
  readonly secrets?: SecretFiles;
  /** What the host lets the project in a folder mount beyond it. */
  readonly mountRoots?: (folder: string) => readonly MountRoot[];
  /** Left out: every folder that can be read counts. */
  readonly trust?: TrustOptions;
}

/** The port that the controller reads specs through. Nothing is tried twice here. */
export const createSpecReader = (options: SpecReaderOptions): SpecReader => ({
  read: (folder, called) =>
    readFolder({ ...options, folder, ...(called === undefined ? {} : { called }) }),
  resolve: (raw, name, folder) => resolveAgain({ ...options, raw, name, folder }),
  discover: (root) => discoverFolders(options.files, root, specFileName),
});

type ReadOptions = SpecReaderOptions & {
  readonly folder: string;
  readonly called?: string;
  readonly file?: string;
};

/** What `folder` holds: `file` is how diagnostics name it (mlenv.yaml unless told otherwise). */
export const readFolder = async (options: ReadOptions): Promise<SpecRead> => {
  const { files, folder } = options;
  const entry = await files.enter(folder);
  if (entry.kind === 'absent') return vanished(files, folder);
  if (entry.kind === 'not-a-folder') return unreadable(`${folder} is not a folder`);
  if (entry.kind === 'unreadable') return unreadable(`${folder}: ${entry.message}`);
  try {
    const read = await readHeld(entry.held, options);
    return read.kind === 'unreadable' ? { ...read, folder: entry.held.identity } : read;
  } finally {
    await entry.held.close();
  }
};

/** All of it by the one folder that is held, so that what is judged is what is read. */
const readHeld = async (
  held: HeldFolder,
  { file = specFileName, ...options }: ReadOptions,
): Promise<SpecRead> => {
  const { files, trust } = options;
  const { identity } = held;
  const why = trust === undefined ? null : await judgeFolder(files, held, trust);
  if (why?.kind === 'unreadable') return unreadable(why.message);
  if (why?.kind === 'untrusted') return { ...why, folder: identity };
  const judged = judgeIn(held, trust);
  const path = join(identity.path, specFileName);
  const read = await held.read([specFileName], { maxBytes, ...judged });
  switch (read.kind) {
    case 'untrusted':
      return { ...read, folder: identity };
    case 'absent':
      return (await lacks(held, specFileName))
        ? { kind: 'no-file', folder: identity }
        : unreadable(`${path} comes and goes`);
    case 'moved':
      return unreadable(`${path} changed while it was read`);
    case 'outside':
      return unreadable(`${path} ${read.message}`);
    case 'bytes':
      break;
    default:
      return { kind: 'invalid', folder: identity, diagnostics: [fileDiagnostic(file, read)] };
  }
  const beside = await lockBeside(held, { file, ...judged });
  if (beside.kind !== 'lock') return beside;
  const place = {
    ...options,
    ...secretsFor(options, identity.owner),
    ...judged,
    held,
    file,
    folder: identity.path,
    lock: beside.lock,
  };
  const project = await readProject(read.bytes, place);
  // Another folder may have taken its place since: then nobody knows whose words these are.
  if (!isSame(identity, await files.identity(identity.path))) {
    return unreadable(`${identity.path} changed while it was read`);
  }
  if (project.ok) return { kind: 'valid', folder: identity, wish: project.wish };
  const { diagnostics, temporary } = project;
  if (temporary) return unreadable(diagnostics.map(({ message }) => message).join('; '));
  return { kind: 'invalid', folder: identity, diagnostics };
};

/** null: there is none. What cannot be read locks nothing, and so nothing is taken from the spec either. */
const lockBeside = async (
  held: HeldFolder,
  how: { readonly file: string; readonly judge?: Judge },
): Promise<{ readonly kind: 'lock'; readonly lock: Lock | null } | SpecRead> => {
  const { identity } = held;
  const found = await readLock(held, how);
  switch (found.kind) {
    case 'none':
      return { kind: 'lock', lock: null };
    case 'untrusted':
      return { ...found, folder: identity };
    case 'unread': {
      const { read } = found;
      const path = join(identity.path, lockFileName);
      if (read.kind === 'moved') return unreadable(`${path} changed while it was read`);
      return { kind: 'invalid', folder: identity, diagnostics: [fileDiagnostic(found.file, read)] };
    }
    case 'read':
      return found.parsed.kind === 'lock' ? found.parsed : { ...found.parsed, folder: identity };
    default:
      return found satisfies never;
  }
};

const secretsFor = (
  { secrets }: SpecReaderOptions,
  owner: Owner,
): { readonly readSecret?: ReadSecret } =>
  secrets === undefined ? {} : { readSecret: (name) => secrets.read(owner.uid, name) };

const isSame = (before: FolderIdentity, now: FolderLook): boolean =>
  now.kind === 'folder' &&
  now.identity.path === before.path &&
  now.identity.device === before.device &&
  now.identity.inode === before.inode &&
  now.identity.owner.uid === before.owner.uid;

const unreadable = (message: string): SpecRead => ({ kind: 'unreadable', message });

/** Gone only where the nearest folder above that is there could be listed and lacks it. */
const vanished = async (files: SpecFiles, folder: string): Promise<SpecRead> => {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const parent = await files.identity(dirname(at));
    if (parent.kind === 'absent') continue;
    if (parent.kind === 'folder') {
      const list = await files.list(dirname(at));
      if (list.kind === 'entries' && isMissing(list, basename(at))) return { kind: 'no-folder' };
    }
    break;
  }
  return unreadable(`${folder} cannot be reached`);
};

const lacks = async (held: HeldFolder, name: string): Promise<boolean> => {
  const list = await held.list();
  return list.kind === 'entries' && isMissing(list, name);
};

const isMissing = (
  { entries }: { readonly entries: readonly { readonly name: string }[] },
  name: string,
): boolean => entries.every((entry) => entry.name !== name);

interface Recorded extends SpecReaderOptions {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly folder: string;
}

const resolveAgain = async (asked: Recorded): Promise<Result<ResolvedEnvironment>> => {
  const entry = await asked.files.enter(asked.folder);
  if (entry.kind !== 'folder') {
    // What needs no file is known all the same, where nobody has to be trusted for it.
    if (asked.trust === undefined) return resolveIn(asked, {});
    const why = entry.kind === 'unreadable' ? entry.message : 'it comes and goes';
    return failed('retry', `${asked.folder}: ${why}`);
  }
  const { held } = entry;
  try {
    const { files, trust } = asked;
    const why = trust === undefined ? null : await judgeFolder(files, held, trust);
    if (why !== null) return failed('retry', why.message);
    const secrets = secretsFor(asked, held.identity.owner);
    return await resolveIn(asked, { held, ...judgeIn(held, trust), ...secrets });
  } finally {
    await held.close();
  }
};

const resolveIn = async (
  { raw, name, ...options }: Recorded,
  more: Pick<ProjectPlace, 'held' | 'judge' | 'readSecret'>,
): Promise<Result<ResolvedEnvironment>> => {
  const place = { ...options, ...more };
  const faults: Fault[] = [];
  const variables = hasVariables(raw)
    ? await variablesOf(place, (one) => faults.push(one))
    : new Map<string, string>();
  if (faults.length > 0) return failure(faults);
  const result = await resolveEnvironment(name, raw, { ...place, variables });
  return result.ok ? ok(result.resolved) : failure(result.faults);
};

const failure = (faults: readonly Fault[]): Result<never> =>
  failed(
    faults.every((one) => one.temporary === true) ? 'retry' : 'terminal',
    faults.map(({ message }) => message).join('; '),
  );
