import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../model/failure.ts';

const repackWithinMs = 600_000;

/** Runs git in the mirror. */
type Local = (
  args: readonly string[],
  more?: { readonly input?: string; readonly timeoutMs?: number },
) => Promise<Result<Buffer>>;

/**
 * Keeps a mirror from growing without end. What `keep` names stays readable, and so does the newest commit; where
 * their history is too large, it ends with them. Nothing else is in need of what goes: a mirror is a copy.
 */
export const tidy = async (
  local: Local,
  {
    repository,
    newest,
    keep,
    maxBytes,
    maxPacks,
  }: {
    readonly repository: string;
    /** The ref that is followed. */
    readonly newest: string;
    readonly keep: readonly string[];
    readonly maxBytes: number;
    /** Each fetch leaves one; of more one is made. */
    readonly maxPacks: number;
  },
): Promise<void> => {
  const packs = await packsOf(repository);
  const isLarge = packs.length > 1 && (await packBytes(repository)) > 2 * maxBytes;
  if (packs.length <= maxPacks && !isLarge) return;
  const kept = await keepReadable(local, keep);
  const repack = (): Promise<Result<Buffer>> =>
    local(['repack', '-a', '-d', '--quiet', '--threads=1', '--window-memory=64m'], {
      timeoutMs: repackWithinMs,
    });
  if (!(await repack()).ok || (await packBytes(repository)) <= maxBytes / 2) return;
  const followed = await local(['rev-parse', '--verify', '--quiet', `${newest}^{commit}`]);
  if (!followed.ok) return;
  const ends = new Set([followed.value.toString().trim(), ...kept]);
  await writeFile(join(repository, 'shallow'), [...ends].map((id) => `${id}\n`).join(''));
  await repack();
};

/** What a process that was killed left: halves of packs, and locks that no one holds. */
export const removeLeftovers = async (repository: string): Promise<void> => {
  const places: readonly (readonly [folder: string, leftover: RegExp])[] = [
    ['objects/pack', /^tmp_/],
    ['', /\.lock$/],
    ['refs/mlenv', /\.lock$/],
    ['refs/mlenv/kept', /\.lock$/],
  ];
  for (const [folder, leftover] of places) {
    for (const name of await namesIn(join(repository, folder))) {
      if (leftover.test(name)) await rm(join(repository, folder, name), { force: true });
    }
  }
};

export const packBytes = async (repository: string): Promise<number> => {
  const folder = join(repository, 'objects', 'pack');
  let sum = 0;
  for (const name of await namesIn(folder)) {
    try {
      sum += (await stat(join(folder, name))).size;
    } catch {
      // It was renamed in between.
    }
  }
  return sum;
};

/** Refs hold what is to stay, and nothing that was held before. Answers with those that are there. */
const keepReadable = async (local: Local, keep: readonly string[]): Promise<readonly string[]> => {
  const kept: string[] = [];
  for (const id of new Set(keep)) {
    if ((await local(['cat-file', '-e', `${id}^{commit}`])).ok) kept.push(id);
  }
  const held = await local(['for-each-ref', '--format=%(refname)', keptRefs]);
  const before = held.ok ? held.value.toString().split('\n').filter(Boolean) : [];
  const after = kept.map((id) => `${keptRefs}${id}`);
  const lines = [
    ...kept.map((id) => `update ${keptRefs}${id} ${id}\n`),
    ...before.filter((ref) => !after.includes(ref)).map((ref) => `delete ${ref}\n`),
  ];
  await local(['update-ref', '--stdin'], { input: lines.join('') });
  return kept;
};

const keptRefs = 'refs/mlenv/kept/';

const packsOf = async (repository: string): Promise<readonly string[]> =>
  (await namesIn(join(repository, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));

const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
};
