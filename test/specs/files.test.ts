import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeSpecFiles } from '../../specs/files.ts';

const files = nodeSpecFiles();
let folder = '';
let server: Server | null = null;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-files-')));
});

afterEach(() => {
  server?.close();
  server = null;
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);

test('a file is read whole, up to its limit', async () => {
  writeFileSync(at('a'), 'hello');
  expect(await files.read(at('a'), 5)).toMatchObject({
    kind: 'bytes',
    bytes: new TextEncoder().encode('hello'),
  });
  expect(await files.read(at('a'), 4)).toEqual({ kind: 'too-large' });
  writeFileSync(at('empty'), '');
  expect(await files.read(at('empty'), 5)).toEqual({
    kind: 'bytes',
    bytes: new Uint8Array(0),
  });
});

test('what is not there is absent, also below a file', async () => {
  writeFileSync(at('a'), '');
  expect(await files.read(at('b'), 5)).toEqual({ kind: 'absent' });
  expect(await files.read(at('a/b'), 5)).toEqual({ kind: 'absent' });
  expect(await files.list(at('b'))).toEqual({ kind: 'absent' });
  expect(await files.realpath(at('b'))).toEqual({ kind: 'absent' });
  expect(await files.identity(at('b'))).toEqual({ kind: 'absent' });
  expect(await files.stat(at('b'))).toEqual({ kind: 'absent' });
});

test('a pipe without a writer answers at once', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  expect(await files.read(at('pipe'), 5)).toEqual({ kind: 'not-a-file', found: 'other' });
});

test('a folder, a link, a socket and a device are not files', async () => {
  mkdirSync(at('folder'));
  writeFileSync(at('real'), 'x');
  symlinkSync(at('real'), at('link'));
  server = createServer();
  await new Promise<void>((done) => server?.listen(at('socket'), done));
  expect(await files.read(at('folder'), 5)).toEqual({ kind: 'not-a-file', found: 'folder' });
  expect(await files.read(at('link'), 5)).toEqual({ kind: 'not-a-file', found: 'symlink' });
  expect(await files.read(at('socket'), 5)).toEqual({ kind: 'not-a-file', found: 'other' });
  expect(await files.read('/dev/zero', 5)).toEqual({ kind: 'not-a-file', found: 'other' });
});

test('a file that the kernel makes up as it is read counts as moved', async () => {
  // Its size is 0 and it has content: what was read is not what was promised.
  expect(await files.read('/proc/self/status', 65_536)).toEqual({ kind: 'moved' });
});

test('a listing names kinds, in order', async () => {
  mkdirSync(at('b'));
  writeFileSync(at('a'), '');
  symlinkSync('nowhere', at('c'));
  expect(await files.list(folder)).toEqual({
    kind: 'entries',
    entries: [
      { name: 'a', kind: 'file' },
      { name: 'b', kind: 'folder' },
      { name: 'c', kind: 'symlink' },
    ],
  });
  expect(await files.list(at('a'))).toEqual({ kind: 'not-a-folder' });
});

test('a folder is known by device and inode, through links', async () => {
  mkdirSync(at('real'));
  symlinkSync(at('real'), at('link'));
  const real = await files.identity(at('real'));
  expect(await files.identity(at('link'))).toEqual(real);
  expect(real).toMatchObject({
    kind: 'folder',
    identity: {
      path: at('real'),
      device: expect.stringMatching(/^\d+$/) as string,
      inode: expect.stringMatching(/^\d+\.\d+$/) as string,
      owner: { uid: process.getuid?.(), gid: process.getgid?.() },
    },
  });
  writeFileSync(at('file'), '');
  expect(await files.identity(at('file'))).toEqual({ kind: 'not-a-folder' });
});

test('a circle of links is unreadable, not absent', async () => {
  symlinkSync(at('y'), at('x'));
  symlinkSync(at('x'), at('y'));
  expect(await files.realpath(at('x'))).toMatchObject({ kind: 'unreadable', message: 'ELOOP' });
});
