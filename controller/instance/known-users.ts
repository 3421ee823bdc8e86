import { readFileSync, statSync } from 'node:fs';
import { ApiError } from '../model/api-error.ts';
import type { People } from '../model/people.ts';
import { createBucket } from '../report/request-gate.ts';

export interface KnownUsers {
  /** Whether the name service knows a user of this number. Throws ApiError 'busy' where too much is asked of it. */
  has(uid: number): boolean | Promise<boolean>;
}

/** Not known; kept so that the same number is not looked up again at once. */
const mostUnknown = 1024;
const unknownForMs = 10_000;

/**
 * Anybody may ask about any number, so a local user costs no process, and what only a directory could
 * know is looked up a few times a second.
 */
export const createKnownUsers = ({
  people,
  now,
  passwd = '/etc/passwd',
  perSecond = 20,
  burst = 40,
}: {
  readonly people: Pick<People, 'look' | 'of'>;
  readonly now: () => number;
  readonly passwd?: string;
  readonly perSecond?: number;
  readonly burst?: number;
}): KnownUsers => {
  const local = localUsers(passwd);
  const directory = new Set<number>();
  const unknown = new Map<number, number>();
  const mayLookUp = createBucket(perSecond, burst, now);
  const lookUp = async (uid: number): Promise<boolean> => {
    await people.look([uid], []);
    if (people.of(uid).name !== null) {
      directory.add(uid);
      return true;
    }
    const [oldest] = unknown.keys();
    if (unknown.size >= mostUnknown && oldest !== undefined) unknown.delete(oldest);
    unknown.set(uid, now());
    return false;
  };
  return {
    has: (uid) => {
      if (directory.has(uid) || local().has(uid)) return true;
      const at = unknown.get(uid);
      if (at !== undefined && now() - at < unknownForMs) return false;
      unknown.delete(uid);
      if (!mayLookUp())
        throw new ApiError('busy', 'too many users are looked up at once; try again in a second');
      return lookUp(uid);
    },
  };
};

/** Read again where the file is another one than before. */
const localUsers = (path: string): (() => ReadonlySet<number>) => {
  let seen = '';
  let users: ReadonlySet<number> = new Set();
  return () => {
    try {
      const { mtimeMs, ino, size } = statSync(path);
      const stamp = `${mtimeMs} ${ino} ${size}`;
      if (stamp === seen) return users;
      users = new Set(
        readFileSync(path, 'utf8')
          .split('\n')
          .flatMap((line) => {
            const uid = line.split(':')[2] ?? '';
            return /^\d{1,10}$/.test(uid) ? [Number(uid)] : [];
          }),
      );
      seen = stamp;
    } catch {
      // A host without one has a name service all the same.
    }
    return users;
  };
};
