import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  inFolder,
  inOrder,
  lockFileName,
  lockText,
  nodeSpecFiles,
  readLock,
  readProject,
  specFileName,
  type Environment,
  type Lock,
  type LockEntry,
} from '../../../specs/index.ts';
import { ApiError } from '../../model/api.ts';
import type { LockedImage } from '../../model/catalogue-api.ts';
import { pinOf } from '../../model/image-choice.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { mountRootsOf } from '../mount-roots.ts';
import { note, say, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { projectFolder } from '../target.ts';

export interface LockOptions {
  readonly check: boolean;
  /** true: of all. */
  readonly update?: true | readonly string[];
}

export const run = (
  context: Context,
  path: string | undefined,
  options: LockOptions,
): Promise<number> => {
  const folder = projectFolder(context.io.cwd, path);
  return options.check ? check(context, folder) : write(context, folder, options);
};

/** Needs no engine: whether every image of the file has its entry, and no entry is left over. */
const check = async (context: Context, folder: string): Promise<number> => {
  const lock = await lockOf(context, folder);
  if (lock === null) {
    throw new ApiError(
      'invalid-spec',
      `there is no ${lockFileName} in ${folder}; mlenv lock writes it`,
    );
  }
  const wishes = await wishesOf(context, folder, lock);
  const left = [...lock.entries.keys()].filter(
    (name) => !wishes.some((wish) => wish.name === name),
  );
  if (left.length > 0) {
    throw new ApiError(
      'invalid-spec',
      `${lock.file} has entries that ${specFileName} has no environment for: ${left.join(', ')}; mlenv lock drops them`,
    );
  }
  say(context, `${lock.file}: ${lock.entries.size} locked, as ${specFileName} asks`);
  return exitCode.done;
};

const write = async (
  context: Context,
  folder: string,
  { update }: LockOptions,
): Promise<number> => {
  const wishes = await wishesOf(context, folder, null);
  const isFresh = updatedOf(update, wishes);
  // One that cannot be read says nothing that could be kept.
  const before = await lockOf(context, folder).catch(() => null);
  const kept = (wish: Environment): LockEntry | null => {
    const entry = before?.entries.get(wish.name);
    return entry?.image === wish.asked && !isFresh(wish.name) ? entry : null;
  };
  const due = wishes.filter((wish) => isLocked(wish) && kept(wish) === null);
  const found = due.length === 0 ? [] : await ask(context, { folder, due, isFresh });
  const entries = new Map<string, LockEntry>();
  for (const wish of wishes.filter(isLocked)) {
    const entry = kept(wish) ?? found.find(({ environment }) => environment === wish.name);
    if (entry !== undefined) entries.set(wish.name, entry);
  }
  const text = lockText(entries);
  await replace(join(folder, lockFileName), text);
  say(context, tableOf(entries, before));
  return exitCode.done;
};

/** Somebody else brings what is never pulled, and a digest locks itself. */
const isLocked = ({ pull, asked }: Environment): boolean =>
  pull !== 'never' && pinOf(asked) === null;

const updatedOf = (
  update: LockOptions['update'],
  wishes: readonly Environment[],
): ((name: string) => boolean) => {
  if (update === undefined) return () => false;
  if (update === true) return () => true;
  const unknown = update.filter((name) => wishes.every((wish) => wish.name !== name));
  if (unknown.length > 0) {
    throw new ApiError('usage', `${specFileName} has no environment ${unknown.join(', ')}`);
  }
  return (name) => update.includes(name);
};

const ask = (
  context: Context,
  what: {
    readonly folder: string;
    readonly due: readonly Environment[];
    readonly isFresh: (name: string) => boolean;
  },
): Promise<readonly LockedImage[]> =>
  withConnection(context, 'read', async ({ api }) => {
    const { items } = await api.lockImages({
      path: what.folder,
      images: what.due.map(({ name, asked, choice }) => ({
        environment: name,
        asked,
        choice,
        fresh: what.isFresh(name),
      })),
    });
    const missing = items.filter(({ trouble }) => trouble !== null);
    for (const { environment, image, trouble } of missing) {
      note(context, oneLine(`${environment}: ${image}: ${trouble ?? ''}`));
    }
    if (missing.length > 0) {
      throw new ApiError(
        'prerequisite',
        `${lockFileName} stays as it is: ${missing.length} of ${what.due.length} images have no digest`,
      );
    }
    return items;
  });

/** As the file says it, whatever a lock says. */
const wishesOf = async (
  context: Context,
  folder: string,
  lock: Lock | null,
): Promise<readonly Environment[]> => {
  const path = join(folder, specFileName);
  const file = relative(context.io.cwd, path);
  const read = await files.read(path, maxFileBytes);
  if (read.kind === 'absent')
    throw new ApiError('usage', `there is no ${specFileName} in ${folder}`);
  if (read.kind !== 'bytes') throw new ApiError('usage', `${file} cannot be read (${read.kind})`);
  const mountRoots = await mountRootsOf(context);
  const place = { file, folder, files, hmacKey: new Uint8Array(32), mountRoots, lock };
  const project = await readProject(read.bytes, place);
  if (project.ok) return project.wish.environments.map(({ wish }) => wish);
  throw new ApiError('invalid-spec', `${file} has faults`, project.diagnostics);
};

/** null: there is none. */
const lockOf = async ({ io }: Context, folder: string): Promise<Lock | null> => {
  const file = relative(io.cwd, join(folder, specFileName));
  const found = await inFolder({ files, folder }, (held) => readLock(held, { file }));
  switch (found.kind) {
    case 'none':
      return null;
    case 'unread':
      throw new ApiError('usage', `${found.file} cannot be read (${found.read.kind})`);
    case 'untrusted':
    case 'unreadable':
      throw new ApiError('usage', found.message);
    case 'read':
      if (found.parsed.kind === 'lock') return found.parsed.lock;
      throw new ApiError(
        'invalid-spec',
        `${lockFileName} has faults`,
        inOrder(found.parsed.diagnostics),
      );
    default:
      return found satisfies never;
  }
};

/** Whole or not at all: a controller may read it at any moment. */
const replace = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o644 });
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw new ApiError(
      'refused',
      `${path} cannot be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
  }
};

const tableOf = (entries: ReadonlyMap<string, LockEntry>, before: Lock | null): string => {
  if (entries.size === 0) return `Wrote ${lockFileName}: no image needs a lock.`;
  const rows = [...entries].map(([name, { reference, digest }]) => {
    const was = before?.entries.get(name)?.digest;
    const change = was === undefined ? 'new' : was === digest ? 'as before' : 'changed';
    return [name, reference, digest.slice(0, 'sha256:'.length + 12), change];
  });
  return renderTable(['ENVIRONMENT', 'IMAGE', 'DIGEST', 'LOCK'], rows).trimEnd();
};

const files = nodeSpecFiles();

/** More than a spec may have, so that the spec's own limit is what is reported. */
const maxFileBytes = 1024 * 1024;
