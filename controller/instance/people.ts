import { execFile } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import type { People, PersonSeen } from '../model/people.ts';

export interface PeopleOptions {
  readonly now: () => number;
  /** stdout of `id` with these arguments; null: it failed and said nothing. */
  readonly id?: (args: readonly string[]) => Promise<string | null>;
  /** The line of `getent passwd` for a uid; null: it did not say. */
  readonly passwd?: (uid: number) => Promise<string | null>;
  /** Whether `getent group` finds it; null: it did not say. */
  readonly group?: (name: string) => Promise<boolean | null>;
  /** An answer that nobody waited for says something new: whoever was judged without it may ask again. */
  readonly onLate?: () => void;
  readonly maxAgeMs?: number;
  /** Nobody waits longer than this for a slow directory. */
  readonly waitMs?: number;
}

/** Through `id`, and so through NSS: directory users and groups are found as well. */
export const createPeople = ({
  now,
  id = runId,
  passwd = runPasswd,
  group = runGetent,
  onLate = () => undefined,
  maxAgeMs = 300_000,
  waitMs = 1000,
}: PeopleOptions): People => {
  const persons = cache({ now, onLate, maxAgeMs, waitMs }, (uid: number) =>
    readPerson({ id, passwd }, uid),
  );
  const uids = cache({ now, onLate, maxAgeMs, waitMs }, (name: string) => readUid(id, name));
  return {
    of: (uid) => persons.get(uid) ?? { name: null, groups: null, gids: null },
    uidOf: (name) => uids.get(name) ?? null,
    look: async (some, names) => {
      const first = [...some.flatMap(persons.look), ...names.flatMap(uids.look)];
      if (first.length === 0) return;
      await Promise.race([Promise.all(first), pause(waitMs)]);
    },
    hasGroup: (name) =>
      // getent would take digits for a gid.
      /^[A-Za-z_]/.test(name)
        ? Promise.race([group(name), pause(waitMs).then(() => null)])
        : Promise.resolve(false),
  };
};

/** Reads once at a time; a failed read leaves what was read before. */
const cache = <K, V>(
  {
    now,
    onLate,
    maxAgeMs,
    waitMs,
  }: Required<Pick<PeopleOptions, 'now' | 'onLate' | 'maxAgeMs' | 'waitMs'>>,
  read: (key: K) => Promise<V | null>,
): {
  readonly get: (key: K) => V | null;
  /** The read to wait for, where nothing is known yet. */
  readonly look: (key: K) => readonly Promise<void>[];
} => {
  const known = new Map<K, { readonly value: V | null; readonly at: number }>();
  const reading = new Map<K, { readonly task: Promise<void>; readonly since: number }>();
  /** Nobody waits for one that others have waited for already. */
  const begin = (key: K): readonly Promise<void>[] => {
    const running = reading.get(key);
    if (running !== undefined) return now() - running.since < waitMs ? [running.task] : [];
    const task = read(key).then((value) => {
      const before = known.get(key);
      known.set(key, { value: value ?? before?.value ?? null, at: now() });
      const since = reading.get(key)?.since ?? now();
      reading.delete(key);
      const isLate = before !== undefined || now() - since >= waitMs;
      if (isLate && value !== null && !isDeepStrictEqual(value, before?.value)) onLate();
    });
    reading.set(key, { task, since: now() });
    return [task];
  };
  return {
    get: (key) => known.get(key)?.value ?? null,
    look: (key) => {
      const last = known.get(key);
      if (last === undefined) return begin(key);
      // What is not known is worth another try soon.
      const age = last.value === null ? Math.min(maxAgeMs, unknownAgeMs) : maxAgeMs;
      if (now() - last.at >= age) void begin(key);
      return [];
    },
  };
};

const unknownAgeMs = 10_000;

const readPerson = async (
  { id, passwd }: Required<Pick<PeopleOptions, 'id' | 'passwd'>>,
  uid: number,
): Promise<PersonSeen | null> => {
  const [name, groups, numbers, line] = await Promise.all([
    id(['-un', '--', `${uid}`]),
    readGroups(id, uid),
    id(['-G', '--', `${uid}`]),
    passwd(uid),
  ]);
  const said = name?.trim() ?? '';
  if (said === '' && groups === null) return null;
  const gids = /^\d+( \d+)*$/.test(numbers?.trim() ?? '')
    ? (numbers ?? '').trim().split(' ').map(Number)
    : null;
  return { name: said === '' ? null : said, email: addressIn(line ?? ''), groups, gids };
};

/** `name:password:uid:gid:comment:home:shell`, where the comment may be `Ada Lovelace,,,,ada@example.org`. */
const addressIn = (line: string): string | null =>
  /[^\s,;:<>()"]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/.exec(line.split(':')[4] ?? '')?.[0] ?? null;

/** With -z a name may hold blanks; a smaller `id` does not know it. */
const readGroups = async (
  id: (args: readonly string[]) => Promise<string | null>,
  uid: number,
): Promise<readonly string[] | null> => {
  const exact = await id(['-Gnz', '--', `${uid}`]);
  if (exact !== null) return exact.split('\0').filter((group) => group !== '');
  const rough = await id(['-Gn', '--', `${uid}`]);
  return rough === null ? null : rough.split(/\s+/).filter((group) => group !== '');
};

const readUid = async (
  id: (args: readonly string[]) => Promise<string | null>,
  name: string,
): Promise<number | null> => {
  // A name of digits would be taken for a uid, and one that begins with + as well.
  if (!/^[A-Za-z_]/.test(name)) return null;
  const text = (await id(['-u', '--', name]))?.trim() ?? '';
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : null;
};

const runId = (args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    execFile('id', [...args], { encoding: 'utf8', timeout: 10_000 }, (error, stdout) => {
      // It ends with 1 where one group of several has no name, and prints the others.
      const isCut = error !== null && error.killed === true;
      resolve(isCut || stdout.trim() === '' ? null : stdout);
    });
  });

const runPasswd = (uid: number): Promise<string | null> =>
  new Promise((resolve) => {
    execFile('getent', ['--', 'passwd', String(uid)], { timeout: 10_000 }, (error, stdout) => {
      resolve(error === null ? stdout : null);
    });
  });

const runGetent = (name: string): Promise<boolean | null> =>
  new Promise((resolve) => {
    execFile('getent', ['--', 'group', name], { timeout: 10_000 }, (error) => {
      // 2: there is none of that name.
      resolve(error === null ? true : error.code === 2 ? false : null);
    });
  });

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
