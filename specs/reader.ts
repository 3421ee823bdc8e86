import { basename, dirname, join } from 'node:path';
import type { MountRoot } from '../controller/model/config.ts';
import type { Diagnostic } from '../controller/model/diagnostic.ts';
import type { ResolvedEnvironment } from '../controller/model/environment.ts';
import { failed, ok, type Result } from '../controller/model/failure.ts';
import type { FolderIdentity, SpecRead, SpecReader } from '../controller/model/ports.ts';
import type { SecretFiles } from '../controller/model/secret.ts';
import type { Owner } from '../controller/model/record.ts';
import type { ReadSecret } from './resolve-secrets.ts';
import type { Code } from './codes.ts';
import { discoverFolders } from './discover.ts';
import type { FileRead, FolderLook, SpecFiles } from './files.ts';
import { hasVariables } from './interpolate.ts';
import { lockFileName, readLock, type Lock } from './lock.ts';
import { maxBytes } from './parse.ts';
import { readProject } from './project.ts';
import { variablesOf } from './resolve-env.ts';
import { resolveEnvironment } from './resolve.ts';
import type { Fault } from './fault.ts';
import { distrustOfFile, judgeFolder } from './trust.ts';

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

export interface TrustOptions {
  /** Patterns of folders in which people keep projects, as they are now. */
  readonly roots: () => readonly string[];
  /** The user of this process, whose folders count anywhere. */
  readonly ownUid: number;
}

/** The port that the controller reads specs through. Nothing is tried twice here. */
export const createSpecReader = (options: SpecReaderOptions): SpecReader => ({
  read: (folder, called) =>
    readFolder({ ...options, folder, ...(called === undefined ? {} : { called }) }),
  resolve: (raw, name, folder) => resolveAgain({ ...options, raw, name, folder }),
  discover: (root) => discoverFolders(options.files, root, specFileName),
});

/** What `folder` holds: `file` is how diagnostics name it (mlenv.yaml unless told otherwise). */
export const readFolder = async ({
  folder,
  file = specFileName,
  ...options
}: SpecReaderOptions & {
  readonly folder: string;
  readonly called?: string;
  readonly file?: string;
}): Promise<SpecRead> => {
  const { files, trust } = options;
  const look = await files.identity(folder);
  if (look.kind === 'absent') return vanished(files, folder);
  if (look.kind === 'not-a-folder') return unreadable(`${folder} is not a folder`);
  if (look.kind === 'unreadable') return unreadable(`${folder}: ${look.message}`);
  const { identity } = look;
  if (trust !== undefined) {
    const judged = await judgeFolder(files, identity.path, trust);
    if (judged.kind === 'unreadable') return unreadable(judged.message);
    if (judged.kind === 'untrusted') return { ...judged, folder: identity };
  }
  const path = join(identity.path, specFileName);
  const read = await files.read(path, maxBytes);
  if (trust !== undefined && read.kind === 'bytes') {
    const why = distrustOfFile({ path, ...read }, identity.owner);
    if (why !== null) return { kind: 'untrusted', folder: identity, message: why };
  }
  if (read.kind === 'absent') {
    const isListed = await lacks(files, identity.path, specFileName);
    return isListed ? { kind: 'no-file', folder: identity } : unreadable(`${path} comes and goes`);
  }
  if (read.kind === 'moved') return unreadable(`${path} changed while it was read`);
  if (read.kind !== 'bytes') {
    return { kind: 'invalid', folder: identity, diagnostics: [fileDiagnostic(file, read)] };
  }
  const beside = await lockBeside(options, { identity, file });
  if (beside.kind !== 'lock') return beside;
  const place = {
    ...options,
    ...secretsFor(options, identity.owner),
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
  { files, trust }: Pick<SpecReaderOptions, 'files' | 'trust'>,
  { identity, file }: { readonly identity: FolderIdentity; readonly file: string },
): Promise<{ readonly kind: 'lock'; readonly lock: Lock | null } | SpecRead> => {
  const path = join(identity.path, lockFileName);
  const found = await readLock(files, { folder: identity.path, file });
  if (found.kind === 'none') return { kind: 'lock', lock: null };
  if (found.kind === 'unread') {
    if (found.read.kind === 'moved') return unreadable(`${path} changed while it was read`);
    return {
      kind: 'invalid',
      folder: identity,
      diagnostics: [fileDiagnostic(found.file, found.read)],
    };
  }
  const { parsed, uid, mode } = found;
  const why = trust === undefined ? null : distrustOfFile({ path, uid, mode }, identity.owner);
  if (why !== null) return { kind: 'untrusted', folder: identity, message: why };
  return parsed.kind === 'lock' ? parsed : { ...parsed, folder: identity };
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
    if (parent.kind === 'folder' && (await lacks(files, dirname(at), basename(at)))) {
      return { kind: 'no-folder' };
    }
    break;
  }
  return unreadable(`${folder} cannot be reached`);
};

const lacks = async (files: SpecFiles, folder: string, name: string): Promise<boolean> => {
  const list = await files.list(folder);
  return list.kind === 'entries' && list.entries.every((entry) => entry.name !== name);
};

type NoText = Exclude<FileRead, { kind: 'bytes' | 'absent' | 'moved' }>;

const fileDiagnostic = (file: string, read: NoText): Diagnostic => {
  const say = (code: Code, message: string, hint: string): Diagnostic => ({
    code,
    file,
    line: 1,
    column: 1,
    message,
    hint,
    excerpt: '',
    length: 1,
  });
  switch (read.kind) {
    case 'too-large':
      return say('E_FILE_SIZE', `larger than ${maxBytes / 1024} KiB`, 'split the project');
    case 'unreadable':
      return say('E_FILE_READ', `it cannot be read (${read.message})`, 'look at its permissions');
    case 'not-a-file': {
      const what = { folder: 'a folder', symlink: 'a symbolic link', other: 'a pipe or device' };
      const hint = 'put an ordinary file in its place';
      return say('E_FILE_KIND', `it is ${what[read.found]}, not a file`, hint);
    }
    default:
      return read satisfies never;
  }
};

const resolveAgain = async ({
  raw,
  name,
  ...place
}: SpecReaderOptions & {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly folder: string;
}): Promise<Result<ResolvedEnvironment>> => {
  const { files, folder, trust } = place;
  if (trust !== undefined) {
    const judged = await judgeFolder(files, folder, trust);
    if (judged.kind !== 'trusted') return failed('retry', judged.message);
  }
  const faults: Fault[] = [];
  const variables = hasVariables(raw)
    ? await variablesOf(place, (one) => faults.push(one))
    : new Map<string, string>();
  if (faults.length > 0) return failure(faults);
  const look = await files.identity(folder);
  const secrets = look.kind === 'folder' ? secretsFor(place, look.identity.owner) : {};
  const result = await resolveEnvironment(name, raw, { ...place, ...secrets, variables });
  return result.ok ? ok(result.resolved) : failure(result.faults);
};

const failure = (faults: readonly Fault[]): Result<never> =>
  failed(
    faults.every((one) => one.temporary === true) ? 'retry' : 'terminal',
    faults.map(({ message }) => message).join('; '),
  );
