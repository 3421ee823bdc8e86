import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, type Result } from '../model/failure.ts';
import type { Commit, Fetched, RemoteSource, TreeEntry } from '../model/git.ts';
import { credentialEnv } from './credentials.ts';
import type { Git, GitRun } from './run.ts';
import { isRef, protocolOf } from '../model/git-url.ts';
import { packBytes, removeLeftovers, tidy } from './upkeep.ts';

/** A bare copy of one branch or tag of a remote, which is ours alone. */
export interface Mirror {
  /**
   * Brings the newest commit here, and says whether `since` is among its ancestors. Where that one is not here, as
   * in a mirror that was made anew, nobody can tell, and it counts as being.
   */
  fetch(since: string | null, signal?: AbortSignal): Promise<Result<Fetched>>;
  commit(id: string): Promise<Result<Commit>>;
  /** All of a commit's files, or the limit that they pass. */
  tree(id: string): Promise<Result<readonly TreeEntry[]>>;
  /** Contents in the order of the hashes. */
  blobs(ids: readonly string[], maxBytes: number): Promise<Result<readonly Buffer[]>>;
  /** Puts together what many fetches brought, where it is time. These commits stay readable. */
  tidy(keep: readonly string[]): Promise<void>;
}

/** `folder` is made where it is missing. Its content is git's alone: damaged, it may be removed as a whole. */
export const createMirror = ({
  git,
  folder,
  source,
  maxPacks = 50,
}: {
  readonly git: Git;
  readonly folder: string;
  readonly source: RemoteSource;
  readonly maxPacks?: number;
}): Mirror => {
  const { limits } = source;
  const repository = join(folder, 'repository.git');
  const local = (
    args: readonly string[],
    more: Partial<Pick<GitRun, 'input' | 'maxOutputBytes' | 'timeoutMs'>> = {},
  ): Promise<Result<Buffer>> =>
    git({ args: [`--git-dir=${repository}`, ...args], timeoutMs: limits.timeoutMs, ...more });

  const begin = async (): Promise<Result<void>> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const there = await local(['rev-parse', '--git-dir']);
    if (there.ok) return ok(undefined);
    await rm(repository, { recursive: true, force: true });
    const made = await git({
      args: ['init', '--quiet', '--bare', '--template=', '--', repository],
      timeoutMs: limits.timeoutMs,
    });
    return made.ok ? ok(undefined) : made;
  };

  const resolve = async (name: string): Promise<string | null> => {
    const found = await local(['rev-parse', '--verify', '--quiet', '--end-of-options', name]);
    return found.ok ? found.value.toString().trim() : null;
  };

  const commit = async (id: string): Promise<Result<Commit>> => {
    const shown = await local(['show', '--no-patch', '--format=%H%x00%an%x00%ct%x00%s', id, '--']);
    if (!shown.ok) return shown;
    const [hash = '', author = '', at = '', subject = ''] = shown.value
      .toString()
      .trimEnd()
      .split('\0');
    return ok({ id: hash, author, at: Number(at) * 1000, subject });
  };

  return {
    commit,
    fetch: async (since, signal) => {
      const protocol = protocolOf(source.url);
      if (protocol === null || !isRef(source.ref)) {
        return failed('terminal', 'the address or the ref of this source is not allowed');
      }
      const begun = await begin();
      if (!begun.ok) return begun;
      // Nobody else works here, so a lock is what a killed process left.
      await removeLeftovers(repository);
      const before = await resolve(mirrored);
      const bytesBefore = await packBytes(repository);
      const env = await credentialEnv(source.credentials, folder);
      const fetched = await git(
        {
          args: [
            `--git-dir=${repository}`,
            'fetch',
            '--quiet',
            '--no-tags',
            '--no-recurse-submodules',
            '--no-write-fetch-head',
            '--force',
            // What comes later joins on to what is here, so that ancestry can be told.
            ...(before === null ? ['--depth=1'] : []),
            '--',
            source.url,
            `${source.ref}:${mirrored}.new`,
          ],
          timeoutMs: limits.timeoutMs,
          protocols: [protocol],
          env,
          watch: () => tooLarge(repository, { before: bytesBefore, maxBytes: limits.maxBytes }),
        },
        signal,
      );
      if (!fetched.ok) {
        await removeLeftovers(repository);
        return fetched;
      }
      const id = await resolve(`${mirrored}.new^{commit}`);
      if (id === null) return failed('retry', `${source.ref} names no commit`);
      const known = since === null ? null : await resolve(`${since}^{commit}`);
      const isForward =
        known === null ||
        known === id ||
        (await local(['merge-base', '--is-ancestor', known, id])).ok;
      const moved = await local(['update-ref', mirrored, id]);
      if (!moved.ok) return moved;
      const what = await commit(id);
      return what.ok ? ok({ commit: what.value, isForward }) : what;
    },
    tree: async (id) => {
      const listed = await local(['ls-tree', '-r', '-z', '-l', '--full-tree', id], {
        // A path may be long; beyond this there are more files than the limit in any case.
        maxOutputBytes: limits.maxFiles * 512,
      });
      if (!listed.ok) return listed;
      const entries = listed.value
        .toString()
        .split('\0')
        .filter((line) => line !== '')
        .map(entryOf);
      if (entries.length > limits.maxFiles) {
        return failed(
          'terminal',
          `it has ${entries.length} files; at most ${limits.maxFiles} are taken`,
        );
      }
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
      return bytes > limits.maxBytes
        ? failed('terminal', `its files have ${bytes} bytes; at most ${limits.maxBytes} are taken`)
        : ok(entries);
    },
    blobs: async (ids, maxBytes) => {
      const read = await local(['cat-file', '--batch'], {
        input: ids.map((id) => `${id}\n`).join(''),
        maxOutputBytes: maxBytes + ids.length * 200,
      });
      return read.ok ? contentsOf(read.value, ids) : read;
    },
    tidy: (keep) =>
      tidy(local, { repository, newest: mirrored, keep, maxBytes: limits.maxBytes, maxPacks }),
  };
};

/** The ref that holds what was fetched last. */
const mirrored = 'refs/mlenv/newest';

const kinds: Readonly<Record<string, TreeEntry['kind']>> = {
  '100644': 'file',
  '100664': 'file',
  '100755': 'program',
  '120000': 'symlink',
  '160000': 'submodule',
};

/** `100644 blob <hash>   <bytes>\t<path>` */
const entryOf = (line: string): TreeEntry => {
  const tab = line.indexOf('\t');
  const [mode = '', , blob = '', bytes = ''] = line.slice(0, tab).split(/ +/);
  return {
    kind: kinds[mode] ?? 'other',
    blob,
    bytes: /^[0-9]+$/.test(bytes) ? Number(bytes) : 0,
    path: line.slice(tab + 1),
  };
};

/** `<hash> blob <bytes>\n<content>\n`, one after the other. */
const contentsOf = (output: Buffer, ids: readonly string[]): Result<readonly Buffer[]> => {
  const contents: Buffer[] = [];
  let at = 0;
  for (const id of ids) {
    const end = output.indexOf(10, at);
    const [, type, bytes] = output.subarray(at, end).toString().split(' ');
    if (end < 0 || type !== 'blob') return failed('retry', `${id} is not in the repository`);
    const from = end + 1;
    const to = from + Number(bytes);
    contents.push(output.subarray(from, to));
    at = to + 1;
  }
  return ok(contents);
};

/** What comes lies in a file that grows. */
const tooLarge = async (
  repository: string,
  { before, maxBytes }: { readonly before: number; readonly maxBytes: number },
): Promise<string | null> =>
  (await packBytes(repository)) - before > maxBytes
    ? `the repository is larger than ${Math.round(maxBytes / 2 ** 20)} MB, and was given up`
    : null;
