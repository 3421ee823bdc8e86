import { execFile } from 'node:child_process';
import type { Asker } from '../model/asker.ts';
import { loginName } from './login-name.ts';

/** Who was put into a group need not wait longer than this. */
const keptMs = 60_000;

export interface Askers {
  of(uid: number): Promise<Asker>;
}

/**
 * Who stands behind a uid, through the name service, so that directory users and their groups are
 * found. A name service that does not answer makes nobody an administrator: no groups are told then.
 */
export const createAskers = ({
  now,
  groups = groupsOf,
  name = loginName,
}: {
  readonly now: () => number;
  readonly groups?: (login: string) => Promise<readonly string[]>;
  readonly name?: (uid: number) => string | null;
}): Askers => {
  const known = new Map<number, { readonly until: number; readonly asker: Promise<Asker> }>();
  const lookUp = async (uid: number): Promise<Asker> => {
    const login = name(uid);
    return {
      uid,
      name: login ?? `uid ${uid}`,
      groups: login === null ? [] : await groups(login),
    };
  };
  return {
    of: (uid) => {
      const before = known.get(uid);
      if (before !== undefined && before.until > now()) return before.asker;
      const asker = lookUp(uid);
      known.set(uid, { until: now() + keptMs, asker });
      return asker;
    },
  };
};

/** Names of groups may hold spaces, so they are parted by NUL. Never rejects: not known is none. */
const groupsOf = (login: string): Promise<readonly string[]> =>
  new Promise((resolve) => {
    execFile(
      'id',
      ['-Gnz', '--', login],
      { encoding: 'utf8', timeout: 2000, killSignal: 'SIGKILL' },
      (error, stdout) => resolve(error === null ? stdout.split('\0').filter(Boolean) : []),
    );
  });
