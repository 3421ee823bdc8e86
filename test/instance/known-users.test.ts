import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKnownUsers, type KnownUsers } from '../../controller/instance/known-users.ts';

let folder: string;
let asked: number[];
let time: number;
let users: KnownUsers;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlenv-known-'));
  const passwd = join(folder, 'passwd');
  await writeFile(
    passwd,
    'root:x:0:0::/root:/bin/sh\nalice:x:1001:1001::/home/alice:/bin/sh\nbroken\n',
  );
  asked = [];
  time = 0;
  users = createKnownUsers({
    passwd,
    perSecond: 1,
    burst: 3,
    now: () => time,
    people: {
      look: async ([uid = -1]) => void asked.push(uid),
      of: (uid) => ({ name: uid === 5001 ? 'ldap-user' : null, groups: null }),
    },
  });
});

afterEach(() => rm(folder, { recursive: true }));

it('knows local users without starting anything, and new ones at once', async () => {
  expect(await users.has(1001)).toBe(true);
  expect(asked).toEqual([]);
  await writeFile(join(folder, 'passwd'), 'bob:x:1002:1002::/home/bob:/bin/sh\n');
  expect(await users.has(1002)).toBe(true);
  expect(asked).toEqual([]);
});

it('asks a directory about others once, and again about the unknown after a while', async () => {
  expect(await users.has(5001)).toBe(true);
  expect(await users.has(5001)).toBe(true);
  expect(await users.has(5002)).toBe(false);
  expect(await users.has(5002)).toBe(false);
  expect(asked).toEqual([5001, 5002]);
  time = 11_000;
  expect(await users.has(5002)).toBe(false);
  expect(asked).toEqual([5001, 5002, 5002]);
});

it('looks up only so many numbers, and still knows those it knows', async () => {
  let refused = 0;
  for (let uid = 6000; uid < 6300; uid += 1) {
    try {
      await users.has(uid);
    } catch {
      refused += 1;
    }
  }
  expect(asked).toHaveLength(3);
  expect(refused).toBe(297);
  expect(await users.has(1001)).toBe(true);
});
