import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, type Result } from '../model/failure.ts';
import type { Commit, Fetched, RemoteSource, TreeEntry } from '../model/git.ts';
import { credentialEnv } from './credentials.ts';
import type { Git, GitRun } from './run.ts';
import { followedRef, isRef, protocolOf } from '../model/git-url.ts';
import { contentsOf, entriesOf } from './objects.ts';
import { createRemote } from './remote.ts';
import { removeLeftovers, tidy } from './upkeep.ts';

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

  const makeAnew = async (format: string): Promise<Result<void>> => {
    await rm(repository, { recursive: true, force: true });
    // Said only where it is not the usual one: a git before 2.29 knows no other.
    const kind = format === 'sha1' ? [] : [`--object-format=${format}`];
    const made = await git({
      args: ['init', '--quiet', '--bare', '--template=', ...kind, '--', repository],
      timeoutMs: limits.timeoutMs,
    });
    return made.ok ? ok(undefined) : made;
  };

  const begin = async (): Promise<Result<void>> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const there = await local(['rev-parse', '--git-dir']);
    return there.ok ? ok(undefined) : makeAnew('sha1');
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
      const remote = createRemote({
        git,
        repository,
        source: { ...source, protocol },
        env: await credentialEnv(source.credentials, folder),
      });
      const ref = followedRef(source.ref);
      const before = await resolve(mirrored);
      let fetched = await remote.fetch(ref, { to: fresh, isFirst: before === null }, signal);
      const format = fetched.ok ? null : otherFormat(fetched.failure.message);
      if (format !== null) {
        // Nothing that lies here can be of any use to it.
        const made = await makeAnew(format);
        if (!made.ok) return made;
        fetched = await remote.fetch(ref, { to: fresh, isFirst: true }, signal);
      }
      if (!fetched.ok) {
        await removeLeftovers(repository);
        return fetched;
      }
      const id = await resolve(`${fresh}^{commit}`);
      if (id === null) return failed('retry', `${source.ref} names no commit`);
      const known = since === null ? null : await resolve(`${since}^{commit}`);
      const isForward =
        // Where the hashes are of another kind, so is the history.
        (known === null && (since === null || since.length === id.length)) ||
        known === id ||
        (known !== null && (await local(['merge-base', '--is-ancestor', known, id])).ok);
      const moved = await local(['update-ref', '--stdin'], {
        // What is not brought by the next fetch must not look as if it were.
        input: `update ${mirrored} ${id}\ndelete ${fresh}\n`,
      });
      if (!moved.ok) return moved;
      const what = await commit(id);
      if (!what.ok) return what;
      const note = id === before ? '' : await remote.noteOn(ref, signal);
      return ok({ commit: what.value, isForward, note });
    },
    tree: async (id) => {
      const listed = await local(['ls-tree', '-r', '-z', '-l', '--full-tree', id], {
        // A path may be long; beyond this there are more files than the limit in any case.
        maxOutputBytes: limits.maxFiles * 512,
      });
      if (!listed.ok) return listed;
      const entries = entriesOf(listed.value);
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
/** Where a fetch puts what it brought, until it is looked at. */
const fresh = `${mirrored}.new`;

/** What a remote hashes by, where that is not what its mirror does. */
const otherFormat = (message: string): string | null =>
  /mismatched algorithms: client \S+; server (sha1|sha256)\b/.exec(message)?.[1] ?? null;
