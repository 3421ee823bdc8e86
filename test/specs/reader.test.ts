import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeSpecFiles, type HeldFolder, type SpecFiles } from '../../specs/files.ts';
import { lockText } from '../../specs/lock.ts';
import { createSpecReader, readFolder } from '../../specs/reader.ts';

const hmacKey = new Uint8Array([1, 2, 3]);
const good = 'apiVersion: mlenv/v1\nenvironments: { one: { image: "x:${TAG:-1}" } }\n';
let root = '';
let folder = '';

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-reader-')));
  folder = join(root, 'My Project');
  mkdirSync(folder);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const spec = (): string => join(folder, 'mlenv.yaml');
const reader = (files: SpecFiles = nodeSpecFiles()): ReturnType<typeof createSpecReader> =>
  createSpecReader({ files, hmacKey });

test('a good file is read, named after its folder', async () => {
  writeFileSync(spec(), good);
  expect(await reader().read(folder)).toMatchObject({
    kind: 'valid',
    folder: { path: folder },
    wish: { name: 'my-project', environments: [{ wish: { name: 'one', image: 'x:1' } }] },
  });
});

test('what is recorded of an environment resolves to the same wish again', async () => {
  writeFileSync(
    spec(),
    `${good}  two: { image: y, envFile: s.env, env: { S: "\${TAG:-}" }, x-note: z }\n`.replace(
      'environments: { one: { image: "x:${TAG:-1}" } }\n',
      'defaults: { cpus: 2, env: { A: b } }\nenvironments:\n  one: { image: "x:${TAG:-1}" }\n',
    ),
  );
  writeFileSync(join(folder, '.env'), 'TAG=secret-tag\n');
  writeFileSync(join(folder, 's.env'), 'TOKEN=secret-token\n');
  const read = await reader().read(folder);
  if (read.kind !== 'valid') throw new Error(JSON.stringify(read));
  expect(read.wish.environments).toHaveLength(2);
  for (const { wish, raw } of read.wish.environments) {
    expect(JSON.stringify(raw)).not.toContain('secret');
    const stored = JSON.parse(JSON.stringify(raw)) as typeof raw;
    expect(await reader().resolve(stored, wish.name, folder)).toEqual({
      ok: true,
      value: { wish, raw },
    });
  }
});

test('a record that no longer resolves is a failure that says why', async () => {
  const raw = { image: 'x', envFile: 'gone.env', memory: '${MEM}' };
  const unset = await reader().resolve(raw, 'one', folder);
  expect(unset).toMatchObject({ ok: false, failure: { kind: 'terminal' } });
  expect(unset.ok ? '' : unset.failure.message).toContain('MEM');
  const gone = await reader().resolve({ image: 'x', envFile: 'gone.env' }, 'one', folder);
  expect(gone.ok ? '' : gone.failure.message).toContain('gone.env');
});

test('a file with faults is invalid, and the folder is known all the same', async () => {
  writeFileSync(spec(), 'apiVersion: mlenv/v1\n');
  expect(await reader().read(folder)).toMatchObject({
    kind: 'invalid',
    folder: { path: folder },
    diagnostics: [{ code: 'E_REQUIRED', file: 'mlenv.yaml', line: 1 }],
  });
});

test.each([
  ['a folder', (): void => mkdirSync(spec()), 'E_FILE_KIND'],
  ['a pipe', (): unknown => execFileSync('mkfifo', [spec()]), 'E_FILE_KIND'],
  ['a link', (): void => symlinkSync('/etc/hostname', spec()), 'E_FILE_KIND'],
  ['a dangling link', (): void => symlinkSync('nowhere', spec()), 'E_FILE_KIND'],
  ['too large', (): void => writeFileSync(spec(), 'a'.repeat(70_000)), 'E_FILE_SIZE'],
])('%s in the place of the file is told of', async (_, make, code) => {
  make();
  expect(await reader().read(folder)).toMatchObject({ kind: 'invalid', diagnostics: [{ code }] });
});

test('an environment file with a fault is told of at its own line, without its text', async () => {
  writeFileSync(spec(), good);
  writeFileSync(join(folder, '.env'), 'A=1\nsecret stuff\n');
  const read = await reader().read(folder);
  expect(read).toMatchObject({
    kind: 'invalid',
    diagnostics: [{ code: 'E_ENV_SYNTAX', file: '.env', line: 2, column: 1, excerpt: '' }],
  });
  expect(JSON.stringify(read)).not.toContain('secret');
});

test('variables come from the file, never from the environment of the process', async () => {
  process.env['TAG'] = 'from-outside';
  writeFileSync(spec(), good);
  const read = await reader().read(folder);
  delete process.env['TAG'];
  expect(read).toMatchObject({ wish: { environments: [{ wish: { image: 'x:1' } }] } });
});

test('no file, where the folder could be listed', async () => {
  expect(await reader().read(folder)).toMatchObject({ kind: 'no-file', folder: { path: folder } });
});

test('no folder, where what is above could be listed', async () => {
  expect(await reader().read(join(root, 'gone'))).toEqual({ kind: 'no-folder' });
  expect(await reader().read(join(root, 'gone', 'too'))).toEqual({ kind: 'no-folder' });
});

test('what cannot be looked at is never absent', async () => {
  const real = nodeSpecFiles();
  const broken = { kind: 'unreadable', denied: false, message: 'EIO' } as const;
  const holding = (over: Partial<HeldFolder>): SpecFiles => ({
    ...real,
    enter: async (path) => {
      const entry = await real.enter(path);
      return entry.kind === 'folder' ? { ...entry, held: { ...entry.held, ...over } } : entry;
    },
  });
  const noList = { list: async () => broken };
  expect(await reader(holding(noList)).read(folder)).toMatchObject({ kind: 'unreadable' });
  const unlisted = reader({ ...real, ...noList });
  expect(await unlisted.read(join(root, 'gone'))).toMatchObject({ kind: 'unreadable' });
  const noLook = reader({ ...real, enter: async () => broken });
  expect(await noLook.read(folder)).toMatchObject({ kind: 'unreadable' });
  writeFileSync(spec(), good);
  const moving = reader(holding({ read: async () => ({ kind: 'moved' }) }));
  expect(await moving.read(folder)).toMatchObject({ kind: 'unreadable' });
  // Listed and not there when opened: somebody replaces it just now.
  const racing = reader(holding({ read: async () => ({ kind: 'absent' }) }));
  expect(await racing.read(folder)).toMatchObject({ kind: 'unreadable' });
});

test('an environment file that the disk does not give now is no fault of the text', async () => {
  writeFileSync(spec(), 'apiVersion: mlenv/v1\nenvironments: { one: { image: x, envFile: a } }\n');
  writeFileSync(join(folder, 'a'), 'A=1\n');
  const real = nodeSpecFiles();
  const flaky: SpecFiles = {
    ...real,
    enter: async (path) => {
      const entry = await real.enter(path);
      if (entry.kind !== 'folder') return entry;
      const read: HeldFolder['read'] = async (parts, how) =>
        parts[0] === 'a'
          ? { kind: 'unreadable', denied: false, message: 'EIO' }
          : entry.held.read(parts, how);
      return { ...entry, held: { ...entry.held, read } };
    },
  };
  expect(await reader(flaky).read(folder)).toMatchObject({ kind: 'unreadable' });
  const raw = { image: 'x', envFile: 'a' };
  const again = await reader(flaky).resolve(raw, 'one', folder);
  expect(again).toMatchObject({ ok: false, failure: { kind: 'retry' } });
});

test('diagnostics name the file as they are told to', async () => {
  writeFileSync(spec(), 'a');
  const read = await readFolder({
    files: nodeSpecFiles(),
    hmacKey,
    folder,
    file: 'sub/mlenv.yaml',
  });
  expect(read).toMatchObject({ diagnostics: [{ file: 'sub/mlenv.yaml' }] });
});

test('a folder that is swapped by rename while it is read is of neither, and the next read is of the new one', async () => {
  writeFileSync(spec(), good);
  const next = join(root, 'next');
  mkdirSync(next);
  writeFileSync(join(next, 'mlenv.yaml'), good.replace('x:', 'next:'));
  const real = nodeSpecFiles();
  let swaps = 0;
  const swapping: SpecFiles = {
    ...real,
    enter: async (path) => {
      const entry = await real.enter(path);
      if ((swaps += 1) === 1) {
        renameSync(folder, join(root, 'before'));
        renameSync(next, folder);
      }
      return entry;
    },
  };
  const before = await real.identity(folder);
  expect(await reader(swapping).read(folder)).toMatchObject({
    kind: 'unreadable',
    message: expect.stringContaining('changed while it was read') as unknown,
  });
  const read = await reader(swapping).read(folder);
  expect(read).toMatchObject({ wish: { environments: [{ wish: { image: 'next:1' } }] } });
  expect(read).not.toMatchObject({ folder: before.kind === 'folder' ? before.identity : {} });
});

test('where the file gives no name, it is called as it is told to', async () => {
  writeFileSync(spec(), good);
  expect(await reader().read(folder, 'vision')).toMatchObject({ wish: { name: 'vision' } });
  writeFileSync(spec(), `${good}project: own\n`);
  expect(await reader().read(folder, 'vision')).toMatchObject({ wish: { name: 'own' } });
});

test('a lock beside the file is read with it, and what cannot be read of it is told', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const lock = join(folder, 'mlenv.lock');
  writeFileSync(spec(), 'apiVersion: mlenv/v1\nenvironments: { one: { image: x } }\n');
  writeFileSync(lock, lockText(new Map([['one', { image: 'x', reference: 'x', digest }]])));
  expect(await reader().read(folder)).toMatchObject({
    kind: 'valid',
    wish: { environments: [{ wish: { image: `x@${digest}`, asked: 'x' } }] },
  });
  writeFileSync(lock, 'version: 1\nenvironments: {}\n');
  const file = 'projects/mlenv.yaml';
  expect(await readFolder({ files: nodeSpecFiles(), hmacKey, folder, file })).toMatchObject({
    kind: 'invalid',
    diagnostics: [{ code: 'E_LOCK', file, message: 'projects/mlenv.lock has no entry for one' }],
  });
  writeFileSync(lock, 'version: 7\nenvironments: {}\n');
  expect(await readFolder({ files: nodeSpecFiles(), hmacKey, folder, file })).toMatchObject({
    kind: 'invalid',
    diagnostics: [{ code: 'E_LOCK', file: 'projects/mlenv.lock', line: 1 }],
  });
  rmSync(lock);
  mkdirSync(lock);
  expect(await reader().read(folder)).toMatchObject({
    kind: 'invalid',
    diagnostics: [{ code: 'E_FILE_KIND', file: 'mlenv.lock' }],
  });
});
