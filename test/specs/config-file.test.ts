import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { configPlace } from '../../specs/config/index.ts';
import { readHostConfigFile } from '../../specs/config/index.ts';
import { nodeSpecFiles, type SpecFiles } from '../../specs/files.ts';

const top = mkdtempSync(join(tmpdir(), 'mlenv-config-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const home = '/home/ada';

it.each([
  ['the system’s for root', { uid: 0 }, '/etc/mlenv/config.yaml', false],
  ['the user’s own', { uid: 1000 }, '/home/ada/.config/mlenv/config.yaml', false],
  ['XDG', { uid: 1000, env: { XDG_CONFIG_HOME: '/x' } }, '/x/mlenv/config.yaml', false],
  [
    'no XDG that is relative',
    { uid: 1000, env: { XDG_CONFIG_HOME: 'x' } },
    '/home/ada/.config/mlenv/config.yaml',
    false,
  ],
  ['MLENV_CONFIG', { uid: 0, env: { MLENV_CONFIG: '/a.yaml' } }, '/a.yaml', true],
  ['an empty MLENV_CONFIG', { uid: 0, env: { MLENV_CONFIG: '' } }, '/etc/mlenv/config.yaml', false],
  [
    '--config above all',
    { uid: 0, env: { MLENV_CONFIG: '/a.yaml' }, given: '/b.yaml' },
    '/b.yaml',
    true,
  ],
])('the file is %s', (_, changes, file, required) => {
  expect(configPlace({ env: {}, home, given: null, ...changes })).toEqual({
    file,
    required,
    home: changes.uid === 0 ? null : home,
    own: changes.uid !== 0,
  });
});

it('a state folder that was chosen makes an instance of its own, root’s too', () => {
  const own = (uid: number, folder: string) =>
    configPlace({ env: { MLENV_STATE_DIR: folder }, uid, home, given: null }).own;
  expect([own(0, '/s'), own(0, ''), own(1000, '/s')]).toEqual([true, false, true]);
});

const read = (file: string, files: Pick<SpecFiles, 'realpath' | 'read'> = nodeSpecFiles()) =>
  readHostConfigFile({ place: { file, required: false, home: null, own: false }, env: {}, files });

it('is read through symbolic links', async () => {
  writeFileSync(join(top, 'real.yaml'), 'apiVersion: mlenv/v1\npruneGrace: 5m\n');
  symlinkSync('real.yaml', join(top, 'link.yaml'));
  const file = join(top, 'link.yaml');
  expect(await read(file)).toMatchObject({
    ok: true,
    found: true,
    config: { settings: { pruneGraceMs: 300_000 } },
    origins: { pruneGrace: `${file}:2` },
  });
});

it('that cannot be read is a fault, and never nothing', async () => {
  mkdirSync(join(top, 'folder.yaml'));
  writeFileSync(join(top, 'large.yaml'), '#'.repeat(100_000));
  expect(await read(join(top, 'folder.yaml'))).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'E_FILE_KIND' }],
  });
  expect(await read(join(top, 'large.yaml'))).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'E_FILE_SIZE', hint: 'shorten it' }],
  });
  const denied = { kind: 'unreadable', denied: true, message: 'EACCES' } as const;
  const closed = { realpath: async () => denied, read: async () => denied };
  expect(await read(join(top, 'closed.yaml'), closed)).toMatchObject({
    ok: false,
    found: true,
    diagnostics: [{ code: 'E_FILE_READ', hint: 'let this user read it' }],
  });
});

it('that is written at this moment is read once more', async () => {
  const file = join(top, 'busy.yaml');
  writeFileSync(file, 'apiVersion: mlenv/v1\n');
  const real = nodeSpecFiles();
  let looks = 0;
  const busy: Pick<SpecFiles, 'realpath' | 'read'> = {
    realpath: (path) => real.realpath(path),
    read: async (path, max) => ((looks += 1) === 1 ? { kind: 'moved' } : real.read(path, max)),
  };
  expect((await read(file, busy)).ok).toBe(true);
  const never = { ...busy, read: async () => ({ kind: 'moved' }) as const };
  expect(await read(file, never)).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'E_FILE_READ' }],
  });
});
