import { failed, type Result } from '../model/failure.ts';
import type { RemoteSource } from '../model/git.ts';
import type { FollowedRef } from '../model/git-url.ts';
import type { Git } from './run.ts';
import { packBytes } from './upkeep.ts';

/** What is asked of the remote itself, from a mirror of it. */
export interface Remote {
  /** Brings what the ref names now; a failure says what a person can do about it. */
  fetch(
    ref: FollowedRef,
    how: { readonly to: string; readonly isFirst: boolean },
    signal?: AbortSignal,
  ): Promise<Result<Buffer>>;
  /** What a person should know of the ref's name; '': nothing. */
  noteOn(ref: FollowedRef, signal?: AbortSignal): Promise<string>;
}

export const createRemote = ({
  git,
  repository,
  source,
  env,
}: {
  readonly git: Git;
  readonly repository: string;
  readonly source: RemoteSource & { readonly protocol: string };
  readonly env: Readonly<Record<string, string>>;
}): Remote => {
  const { limits, protocol, url } = source;
  const ask = {
    timeoutMs: limits.timeoutMs,
    protocols: [protocol],
    env,
  };

  /** Branches and tags by their full names. */
  const refs = async (
    kinds: readonly ('--heads' | '--tags')[],
    patterns: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly string[] | null> => {
    const listed = await git(
      {
        ...ask,
        args: [`--git-dir=${repository}`, 'ls-remote', '--quiet', ...kinds, '--', url, ...patterns],
      },
      signal,
    );
    if (!listed.ok) return null;
    const lines = listed.value.toString().split('\n').filter(Boolean);
    return lines.map((line) => line.slice(line.indexOf('\t') + 1));
  };

  const missing = async (ref: FollowedRef, signal?: AbortSignal): Promise<string> => {
    const all = (await refs(['--heads', '--tags'], [], signal)) ?? [];
    const branches = all
      .filter((one) => one.startsWith(heads))
      .map((one) => one.slice(heads.length));
    const tag = `${tags}${ref.name}`;
    if (ref.isShort && all.includes(tag)) {
      return `there is no branch ${ref.name}, and a tag of that name: ref: ${tag} follows it`;
    }
    if (ref.isShort && isHash(ref.name)) {
      return 'a commit does not move, and is not followed: name a branch, and mlenv rollback goes to a commit of it';
    }
    return branches.length === 0
      ? 'the remote has no branch yet'
      : `its branches are ${branches.slice(0, 5).join(', ')}${branches.length > 5 ? ` and ${branches.length - 5} more` : ''}`;
  };

  return {
    fetch: async (ref, { to, isFirst }, signal) => {
      const bytesBefore = await packBytes(repository);
      const fetched = await git(
        {
          ...ask,
          args: [
            `--git-dir=${repository}`,
            'fetch',
            '--quiet',
            '--no-tags',
            '--no-recurse-submodules',
            '--no-write-fetch-head',
            '--force',
            // Where the remote's own history ends early, ours does: else its ref is left where it was, in silence.
            '--update-shallow',
            // What comes later joins on to what is here, so that ancestry can be told.
            ...(isFirst ? ['--depth=1'] : []),
            '--',
            url,
            `${ref.full}:${to}`,
          ],
          watch: () => tooLarge(repository, { before: bytesBefore, maxBytes: limits.maxBytes }),
        },
        signal,
      );
      if (fetched.ok || !/couldn't find remote ref/i.test(fetched.failure.message)) return fetched;
      const why = await missing(ref, signal);
      return failed('retry', `${fetched.failure.message}: ${why}`);
    },
    noteOn: async ({ name, isShort }, signal) => {
      if (!isShort) return '';
      const tag = `${tags}${name}`;
      return (await refs(['--tags'], [tag], signal))?.includes(tag) === true
        ? `${name} is a branch and a tag: the branch is followed; ref: ${tag} would follow the tag`
        : '';
    },
  };
};

const heads = 'refs/heads/';
const tags = 'refs/tags/';

const isHash = (name: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);

/** What comes lies in a file that grows. */
const tooLarge = async (
  repository: string,
  { before, maxBytes }: { readonly before: number; readonly maxBytes: number },
): Promise<string | null> =>
  (await packBytes(repository)) - before > maxBytes
    ? `the repository is larger than ${Math.round(maxBytes / 2 ** 20)} MB, and was given up`
    : null;
