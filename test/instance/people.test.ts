import { userInfo } from 'node:os';
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createPeople } from '../../controller/instance/people.ts';

const directory = (answers: Readonly<Record<string, string>>) => {
  const asked: string[] = [];
  const id = (args: readonly string[]): Promise<string | null> => {
    const line = args.join(' ');
    asked.push(line);
    return Promise.resolve(answers[line] ?? null);
  };
  return { id, asked };
};

const laterOn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the user who runs this is found with all groups, as id prints them', async () => {
  const { uid, username } = userInfo();
  const people = createPeople({ now: () => 0, waitMs: 10_000 });
  await people.look([uid], [username]);
  const groups = execFileSync('id', ['-Gn'], { encoding: 'utf8' }).trim().split(' ');
  expect(people.of(uid).name).toBe(username);
  expect(people.of(uid).groups).toContain(groups[0]);
  expect(people.of(uid).gids).toContain(process.getgid?.());
  expect(people.uidOf(username)).toBe(uid);
  expect(people.uidOf('no-such-user-here')).toBeNull();
});

test.each([
  ['Ada Lovelace,,,,ada.l+gpu@lab.example.org', 'ada.l+gpu@lab.example.org'],
  ['Ada Lovelace <ada@lab.example>', 'ada@lab.example'],
  ['Ada Lovelace,room 7', null],
  ['ada@host', null],
])('an address in the comment of an account is its owner’s: %s', async (comment, email) => {
  const { id } = directory({ '-un -- 7': 'ada\n', '-Gnz -- 7': 'users\0' });
  const passwd = () => Promise.resolve(`ada:x:7:7:${comment}:/home/ada@home.example:/bin/sh\n`);
  const people = createPeople({ now: () => 0, id, passwd });
  await people.look([7], []);
  expect(people.of(7)).toMatchObject({ name: 'ada', email, groups: ['users'] });
});

test('a group may have blanks in its name, where id can tell them apart', async () => {
  const exact = directory({
    '-un -- 7': 'eve\n',
    '-Gnz -- 7': 'domain users\0staff\0',
    '-G -- 7': '7 64\n',
  });
  const people = createPeople({ now: () => 0, id: exact.id });
  await people.look([7], []);
  expect(people.of(7)).toMatchObject({
    name: 'eve',
    groups: ['domain users', 'staff'],
    gids: [7, 64],
  });
  const rough = directory({ '-un -- 7': 'eve\n', '-Gn -- 7': 'staff users\n' });
  const others = createPeople({ now: () => 0, id: rough.id });
  await others.look([7], []);
  expect(others.of(7).groups).toEqual(['staff', 'users']);
});

test('nobody waits for a directory that hangs, and its answer counts when it comes', async () => {
  let answer: ((text: string) => void) | null = null;
  let now = 0;
  const people = createPeople({
    now: () => now,
    waitMs: 60_000,
    id: () => new Promise((resolve) => (answer = resolve)),
  });
  const waits = people.look([], ['eve']);
  now = 60_000;
  // Whoever comes later has been waited for already.
  await people.look([], ['eve']);
  expect(people.uidOf('eve')).toBeNull();
  expect(people.of(7)).toEqual({ name: null, groups: null, gids: null });
  (answer as ((text: string) => void) | null)?.('7\n');
  await waits;
  expect(people.uidOf('eve')).toBe(7);
});

test('the first who asks waits for a moment alone', async () => {
  const people = createPeople({ now: () => 0, waitMs: 5, id: () => new Promise(() => {}) });
  await people.look([7], ['eve']);
  expect(people.of(7)).toEqual({ name: null, groups: null, gids: null });
});

test('what was read is read afresh after a while, and kept where that fails', async () => {
  let now = 0;
  const answers: Record<string, string> = { '-u -- eve': '7' };
  const { id, asked } = directory(answers);
  const people = createPeople({ now: () => now, id, maxAgeMs: 1000 });
  await people.look([], ['eve']);
  now = 999;
  await people.look([], ['eve']);
  expect(asked).toHaveLength(1);
  now = 1000;
  delete answers['-u -- eve'];
  await people.look([], ['eve']);
  await laterOn();
  expect(asked).toHaveLength(2);
  expect(people.uidOf('eve')).toBe(7);
});

test('a name that id would take for a number is nobody', async () => {
  const { id, asked } = directory({ '-u -- 0': '0' });
  const people = createPeople({ now: () => 0, id });
  await people.look([], ['0']);
  expect(people.uidOf('0')).toBeNull();
  expect(asked).toEqual([]);
});

test('a group is there, is not there, or cannot be told', async () => {
  const [group = ''] = execFileSync('id', ['-Gn'], { encoding: 'utf8' }).trim().split(' ');
  const people = createPeople({ now: () => 0, waitMs: 10_000 });
  expect(await people.hasGroup(group)).toBe(true);
  expect(await people.hasGroup('no-such-group-here')).toBe(false);
  for (const name of ['', '0', '-x']) expect(await people.hasGroup(name)).toBe(false);
  const slow = createPeople({ now: () => 0, waitMs: 1, group: () => new Promise(() => undefined) });
  expect(await slow.hasGroup(group)).toBeNull();
});

test('what comes late or has changed is told, once', async () => {
  let now = 0;
  let late = 0;
  let answer: (text: string) => void = () => undefined;
  const people = createPeople({
    now: () => now,
    waitMs: 5,
    maxAgeMs: 1000,
    id: () => new Promise((resolve) => (answer = resolve)),
    onLate: () => (late += 1),
  });
  const read = async (at: number, text: string): Promise<number> => {
    answer(text);
    now = at;
    await laterOn();
    await laterOn();
    return late;
  };
  // In time: whoever asked has waited for it.
  const waits = people.look([], ['eve']);
  expect(await read(1, '7\n')).toBe(0);
  await waits;
  // Read afresh behind everybody's back, with the same answer and with another.
  now = 1001;
  await people.look([], ['eve']);
  expect(await read(1002, '7\n')).toBe(0);
  now = 2002;
  await people.look([], ['eve']);
  expect(await read(2003, '8\n')).toBe(1);
  // Too late for the first who asked.
  await people.look([], ['bob']);
  expect(await read(2008, '9\n')).toBe(2);
  expect(people.uidOf('bob')).toBe(9);
});
