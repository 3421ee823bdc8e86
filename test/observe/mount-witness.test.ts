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
import type { BindSource, HeldSources } from '../../controller/model/ports.ts';
import { createMountWitness, mountPoints } from '../../controller/observe/mount-witness.ts';

let site: string;
const id = 'c'.repeat(64);
const at = (...parts: readonly string[]): string => join(site, ...parts);

/** The container's mounts as the kernel shows them; where they lie is what they are. */
const mounts = (...points: readonly string[]): void =>
  writeFileSync(
    at('proc/7/mountinfo'),
    ['/', '/proc', ...points]
      .map((point) => `1 2 0:3 /x ${point} rw - ext4 /dev/sda rw\n`)
      .join(''),
  );

beforeEach(() => {
  site = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-witness-')));
  for (const folder of ['proc/7', 'own/sub', 'others']) mkdirSync(at(folder), { recursive: true });
  symlinkSync(at('own'), at('proc/7/root'));
  writeFileSync(at('proc/7/cgroup'), `0::/docker/${id}\n`);
  mounts('/sub');
});
afterEach(() => rmSync(site, { recursive: true, force: true }));

const witness = (pid: number | null = 7) =>
  createMountWitness({ pidOf: () => Promise.resolve(pid), proc: at('proc') });
const bind = (source: string): BindSource => ({ source, readOnly: true });
const held = async (
  pid: number | null = 7,
  ...sources: readonly string[]
): Promise<HeldSources> => {
  const taken = await witness(pid).hold(sources.map(bind));
  if (taken.kind !== 'held') throw new Error(taken.message);
  return taken.held;
};
const compared = async (
  sources: readonly string[],
  meanwhile: () => void = () => {},
  pid: number | null = 7,
) => {
  const taken = await held(pid, ...sources);
  try {
    meanwhile();
    return await taken.compare(id);
  } finally {
    await taken.release();
  }
};

test('what was looked at and is mounted is well', async () => {
  expect(await compared([at('own/sub')])).toBeNull();
});

test('another folder in its place is told, also one of the same name', async () => {
  const swap = (): void => {
    renameSync(at('own/sub'), at('own/kept'));
    renameSync(at('others'), at('own/sub'));
  };
  expect(await compared([at('own/sub')], swap)).toBe(
    `${at('own/sub')} is mounted as another folder than the one that was looked at`,
  );
});

test('a folder that is mounted twice is there twice', async () => {
  expect(await compared([at('own/sub'), at('own/sub')])).toContain('another folder');
  mounts('/sub', '/sub');
  expect(await compared([at('own/sub'), at('own/sub')])).toBeNull();
});

test('what was not there when it was looked at is not what was judged', async () => {
  expect(await compared([at('own/late')], () => mkdirSync(at('own/late')))).toContain(
    'another folder',
  );
});

test('a link on the way is refused before the start', async () => {
  symlinkSync(at('others'), at('own/link'));
  for (const source of [at('own/link'), at('own/link/deeper')]) {
    expect(await witness().hold([bind(source)])).toEqual({
      kind: 'changed',
      message: `${source} has a link on its way`,
    });
  }
});

test('where nobody can look nothing is said: ended, of another machine, closed', async () => {
  const swap = (): void => mounts('/elsewhere');
  expect(await compared([at('own/sub')], swap)).toContain('another folder');
  expect(await compared([at('own/sub')], swap, null)).toBeNull();
  expect(await compared([at('own/sub')], swap, 8)).toBeNull();
  writeFileSync(at('proc/7/cgroup'), '0::/user.slice\n');
  expect(await compared([at('own/sub')], swap)).toBeNull();
});

test('mount points are read as the kernel writes them', () => {
  expect(mountPoints('1 2 0:3 / /a\\040b\\134c rw - ext4 x rw\n1 2 0:3 / /dev/shm rw\n')).toEqual([
    '/a b\\c',
  ]);
});
