import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecretFiles, maxSecretBytes } from '../../controller/observe/secret-files.ts';

const uid = process.getuid?.() ?? 0;
const isRoot = uid === 0;
const canary = 'canary-of-the-file';
let home: string;
let folder: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mlenv-secrets-'));
  folder = join(home, '.config', 'mlenv', 'secrets');
  file = join(folder, 'TOKEN');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  writeFileSync(file, canary, { mode: 0o600 });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The value as text, or the words of the trouble; neither ever holds the other. */
const read = async (name = 'TOKEN', owner = uid): Promise<string> => {
  const found = await createSecretFiles(async () => home).read(owner, name);
  if (found.kind === 'bytes') return new TextDecoder().decode(found.bytes);
  expect(found.message).not.toContain(canary);
  return found.message.replaceAll(home, '~');
};

it('gives the bytes of the owner’s file', async () => {
  expect(await read()).toBe(canary);
  writeFileSync(file, 'x'.repeat(maxSecretBytes));
  expect(await read()).toHaveLength(maxSecretBytes);
});

it('says where a file is missing, and what makes one', async () => {
  const what = 'install -D -m 600 /dev/stdin ~/.config/mlenv/secrets/NONE';
  const told = `there is no ~/.config/mlenv/secrets/NONE; its owner makes it with: ${what}`;
  expect(await read('NONE')).toBe(told);
  rmSync(join(home, '.config'), { recursive: true });
  expect(await read('NONE')).toBe(told);
  expect(await createSecretFiles(async () => null).read(4711, 'NONE')).toEqual({
    kind: 'trouble',
    message: 'uid 4711 has no home folder on this host',
  });
});

it('is told how by a command that works', async () => {
  rmSync(join(home, '.config'), { recursive: true });
  const command =
    'umask 002; printf made | install -D -m 600 /dev/stdin "$HOME/.config/mlenv/secrets/TOKEN"';
  spawnSync('sh', ['-c', command], { env: { ...process.env, HOME: home } });
  expect(await read()).toBe('made');
});

describe('it is not had', () => {
  const cases: readonly (readonly [string, () => void, string])[] = [
    ['where others may read it', () => chmodSync(file, 0o604), 'may be used by others: chmod 600'],
    ['where a group may', () => chmodSync(file, 0o640), 'may be used by others: chmod 600'],
    [
      'where the folder may be written by others',
      () => chmodSync(folder, 0o777),
      '~/.config/mlenv/secrets may be written to by everybody: chmod o-w ~/.config/mlenv/secrets',
    ],
    [
      'where a folder above it may',
      () => chmodSync(join(home, '.config'), 0o775),
      '~/.config may be written to by the group 0',
    ],
    [
      'where it is too large',
      () => writeFileSync(file, 'x'.repeat(maxSecretBytes + 1)),
      'is larger than 64 KiB',
    ],
    [
      'where it is a link',
      () => {
        writeFileSync(join(home, 'elsewhere'), canary, { mode: 0o600 });
        rmSync(file);
        symlinkSync(join(home, 'elsewhere'), file);
      },
      'secrets/TOKEN is a symbolic link',
    ],
    [
      'where its folder is a link',
      () => {
        mkdirSync(join(home, 'elsewhere'));
        writeFileSync(join(home, 'elsewhere', 'TOKEN'), canary, { mode: 0o600 });
        rmSync(folder, { recursive: true });
        symlinkSync(join(home, 'elsewhere'), folder);
      },
      'mlenv/secrets is a symbolic link',
    ],
    [
      'where it is a folder',
      () => {
        rmSync(file);
        mkdirSync(file);
      },
      'is not an ordinary file',
    ],
    [
      'where it is a pipe that nobody writes to',
      () => {
        rmSync(file);
        spawnSync('mkfifo', ['-m', '600', file]);
      },
      'is not an ordinary file',
    ],
  ];
  it.each(cases)('%s', async (_, spoil, told) => {
    spoil();
    expect(await read()).toContain(told);
  });

  it.runIf(isRoot)('where it is somebody else’s', async () => {
    chownSync(file, 4711, 4711);
    expect(await read()).toContain('belongs to uid 4711, not to 0');
  });

  it.runIf(isRoot)('where it is root’s: its name may have come there by mv', async () => {
    expect(await read('TOKEN', 4711)).toContain('belongs to uid 0, not to 4711: chown 4711 ~');
    // In folders of root's it is had all the same where it is its owner's.
    chownSync(file, 4711, 4711);
    expect(await read('TOKEN', 4711)).toBe(canary);
  });
});
