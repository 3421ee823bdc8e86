import { execFile } from 'node:child_process';
import type { PrivateGroups } from '../door/judge.ts';

export interface PrivateGroupsOptions {
  readonly now: () => number;
  /** stdout of `getent` with these arguments, '' where it has no such entry; null: it did not say. */
  readonly getent?: (args: readonly string[]) => Promise<string | null>;
}

/** Who was put into a group is seen after this. */
const keptMs = 60_000;
/** What the name service did not say is asked again after this. */
const unknownMs = 5000;

/**
 * A group is somebody's own alone where it bears their name, is their primary group, and the name service knows of
 * nobody else in it. The name is asked for because a directory does not list whose primary group a shared one is.
 */
export const createPrivateGroups = ({
  now,
  getent = runGetent,
}: PrivateGroupsOptions): PrivateGroups => {
  const known = new Map<string, { readonly until: number; readonly says: boolean | null }>();
  const asking = new Map<string, Promise<boolean | null>>();
  const ask = async (gid: number, uid: number, key: string): Promise<boolean | null> => {
    const says = await look(getent, gid, uid);
    known.set(key, { until: now() + (says === null ? unknownMs : keptMs), says });
    asking.delete(key);
    return says;
  };
  return {
    isPrivate: (gid, uid) => {
      const key = `${gid} ${uid}`;
      const before = known.get(key);
      if (before !== undefined && before.until > now()) return Promise.resolve(before.says);
      const running = asking.get(key) ?? ask(gid, uid, key);
      asking.set(key, running);
      return running;
    },
  };
};

type Getent = Exclude<PrivateGroupsOptions['getent'], undefined>;

const look = async (getent: Getent, gid: number, uid: number): Promise<boolean | null> => {
  const [own, named] = await Promise.all([
    getent(['passwd', String(uid)]),
    getent(['group', String(gid)]),
  ]);
  if (own === null || named === null) return null;
  // name:password:uid:gid:…, and name:password:gid:member,member
  const [user = '', , , primary = ''] = rows(own)[0] ?? [];
  if (user === '' || primary !== String(gid)) return false;
  if (rows(named)[0]?.[0] !== user) return false;
  const [people, groups] = await Promise.all([getent(['passwd']), getent(['group'])]);
  if (people === null || groups === null) return null;
  const hasOther = rows(people).some(
    ([, , id, group]) => group === String(gid) && id !== String(uid),
  );
  // Several groups may bear one number.
  const isShared = [...rows(named), ...rows(groups)].some(
    ([, , id, members = '']) =>
      id === String(gid) && members.split(',').some((name) => name !== '' && name !== user),
  );
  return !hasOther && !isShared;
};

const rows = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));

const runGetent: Getent = (args) =>
  new Promise((resolve) => {
    const options = { encoding: 'utf8', timeout: 10_000, maxBuffer: 2 ** 26 } as const;
    execFile('getent', [...args], options, (error, stdout) => {
      // 2: there is no such entry.
      resolve(error === null ? stdout : error.code === 2 ? '' : null);
    });
  });
