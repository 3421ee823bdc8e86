import { join } from 'node:path';
import { enter } from '../door/held-folder.ts';
import { judgeFolderStep, noPrivateGroups, type For, type PrivateGroups } from '../door/judge.ts';
import type { Component, InsideRead, Judge, Untrusted } from '../door/kinds.ts';
import type { SecretFiles, SecretRead } from '../model/secret.ts';

export const maxSecretBytes = 64 * 1024;

/** Below the home; XDG_CONFIG_HOME is another process's word and is not asked. */
const steps = ['.config', 'mlenv', 'secrets'] as const;

/**
 * Reads as whoever runs this, often as root, what somebody else has laid out: each folder below the
 * home is opened from the one above it and never through a link, so that nothing which changes
 * meanwhile leads to another's file.
 */
export const createSecretFiles = (
  /** null: this uid has none. */
  homeOf: (uid: number) => Promise<string | null>,
  groups: PrivateGroups = noPrivateGroups,
): SecretFiles => ({
  read: async (ownerUid, file) => {
    const home = await homeOf(ownerUid);
    if (home === null) return trouble(`uid ${ownerUid} has no home folder on this host`);
    const path = join(home, ...steps, file);
    // What lies above the home is the administrator's, links or not.
    const entry = await enter(home);
    if (entry.kind === 'absent') return trouble(missing(path, file));
    if (entry.kind === 'not-a-folder') return trouble(`${home} is not a folder`);
    if (entry.kind === 'unreadable') return trouble(`${path} cannot be read (${entry.message})`);
    const { held } = entry;
    try {
      const whose = { owner: ownerUid, groups };
      const above = held.way.at(-1);
      const why = above === undefined ? null : await judgeSecretFolder(above, whose);
      if (why !== null) return trouble(why.message);
      const shown = (at: string): string => home + at.slice(held.identity.path.length);
      const judge = judgeSecret(whose, shown);
      const read = await held.read([...steps, file], { maxBytes: maxSecretBytes, judge });
      return read.kind === 'bytes' ? read : trouble(inWords(read, { path, file }));
    } finally {
      await held.close();
    }
  },
});

const judgeSecretFolder = (step: Component, whose: For): ReturnType<Judge> =>
  judgeFolderStep(step, whose);

/** The folders may be root's; the secret itself is its owner's, who could not read one of root's. */
const judgeSecret =
  (whose: For, shown: (path: string) => string): Judge =>
  async (found) => {
    const step = { ...found, path: shown(found.path) };
    const { path, kind, uid, mode } = step;
    if (kind === 'symlink') {
      return untrusted(`${path} is a symbolic link; put the folder or file itself there`);
    }
    if (kind === 'folder') return judgeSecretFolder(step, whose);
    if (kind === 'other') return null;
    if (uid !== whose.owner) {
      return untrusted(
        `${path} belongs to uid ${uid}, not to ${whose.owner}: chown ${whose.owner} ${path}`,
      );
    }
    return (mode & 0o077) === 0
      ? null
      : untrusted(`${path} may be used by others: chmod 600 on it`);
  };

const inWords = (
  read: Exclude<InsideRead, { kind: 'bytes' }>,
  { path, file }: { readonly path: string; readonly file: string },
): string => {
  switch (read.kind) {
    case 'untrusted':
    case 'outside':
      return read.message;
    case 'absent':
      return missing(path, file);
    case 'not-a-file':
      return `${path} is not an ordinary file`;
    case 'too-large':
      return `${path} is larger than ${maxSecretBytes / 1024} KiB`;
    case 'moved':
      return `${path} changed while it was read`;
    case 'unreadable':
      return `${path} cannot be read (${read.message})`;
    default:
      return read satisfies never;
  }
};

const untrusted = (message: string): Untrusted => ({ kind: 'untrusted', message });

const missing = (path: string, file: string): string =>
  `there is no ${path}; its owner makes it with: install -D -m 600 /dev/stdin ~/${steps.join('/')}/${file}`;

const trouble = (message: string): SecretRead => ({ kind: 'trouble', message });
