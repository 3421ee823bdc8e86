import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSecretFolders } from '../../controller/act/secret-folders.ts';
import type { SecretSeed } from '../../controller/model/secret.ts';

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
let top: string;
let root: string;
let values: Record<string, string>;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'mlenv-folders-'));
  root = join(top, 'run', 'secrets');
  values = { a: 'one', b: 'two' };
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const folders = (who = uid) =>
  createSecretFolders({
    root,
    uid: who,
    files: {
      read: async (_, file) => {
        const value = values[file];
        return value === undefined
          ? { kind: 'trouble', message: `there is no ${file}` }
          : { kind: 'bytes', bytes: new TextEncoder().encode(value) };
      },
    },
  });

const seed = (over: Partial<SecretSeed> = {}): SecretSeed => ({
  folder: join(root, 'e1'),
  ownerUid: 1000,
  user: { uid, gid },
  secrets: [
    { name: 'A', file: 'a' },
    { name: 'B', file: 'b' },
  ],
  ...over,
});

const mode = (...path: readonly string[]): string =>
  (statSync(join(root, ...path)).mode & 0o777).toString(8);

it('lays out each for its user, behind a door that is closed to all others', async () => {
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o755);
  expect(await folders().write(seed())).toMatchObject({ kind: 'written' });
  expect([mode(), mode('e1'), mode('e1', 'A')]).toEqual(['700', '700', '400']);
  expect(readFileSync(join(root, 'e1', 'B'), 'utf8')).toBe('two');
});

it('lays out for a user nobody knows what all inside may read', async () => {
  await folders().write(seed({ user: null }));
  expect([mode(), mode('e1'), mode('e1', 'A')]).toEqual(['700', '755', '444']);
});

it('renews in place, and leaves nothing of what was there', async () => {
  const made = folders();
  await made.write(seed());
  const { ino } = statSync(join(root, 'e1'));
  values = { a: 'newer' };
  writeFileSync(join(root, 'e1', 'A.new'), 'of one that was killed');
  await made.write(seed({ secrets: [{ name: 'A', file: 'a' }] }));
  expect(readdirSync(join(root, 'e1'))).toEqual(['A']);
  expect(readFileSync(join(root, 'e1', 'A'), 'utf8')).toBe('newer');
  expect(statSync(join(root, 'e1')).ino).toBe(ino);
});

it('leaves all as it was where one cannot be had', async () => {
  const made = folders();
  await made.write(seed());
  values = { a: 'newer' };
  expect(await made.write(seed())).toEqual({ kind: 'trouble', message: 'B: there is no b' });
  expect(readFileSync(join(root, 'e1', 'A'), 'utf8')).toBe('one');
});

it('lays nothing out in a folder of somebody else’s', async () => {
  mkdirSync(root, { recursive: true });
  const told = await folders(uid + 1).write(seed());
  expect(told).toMatchObject({ kind: 'trouble' });
  expect(told.kind === 'trouble' && told.message).toContain('is not ours');
  expect(existsSync(join(root, 'e1'))).toBe(false);
});

it('removes them with their folder, as often as it is asked', async () => {
  const made = folders();
  await made.write(seed());
  await made.remove(join(root, 'e1'));
  await made.remove(join(root, 'e1'));
  expect(existsSync(join(root, 'e1'))).toBe(false);
});
