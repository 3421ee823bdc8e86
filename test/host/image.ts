import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { Guest } from './guest.ts';
import { said } from './lines.ts';

export interface Machine {
  readonly folder: string;
  readonly accelerator: 'kvm' | 'tcg';
  readonly kernel: string;
  readonly initrd: string;
  /** The disk of a machine that has booted once, never written again; journeys have an overlay each. */
  readonly disk: string;
  /** Its memory when it had booted. */
  readonly memory: string;
}

export const megabytes = 2048;
export const cores = 2;
const bootLimitMs = 15 * 60_000;

/** The machine as it is after its first boot: from the cache, or made. The hash is of all that it is made of. */
export const readyMachine = async (
  recipe: string,
  cache: string,
  say: (text: string) => void,
): Promise<Machine> => {
  const hash = createHash('sha256');
  for (const file of filesBelow(recipe)) {
    hash.update(`${file}\0${statSync(join(recipe, file)).mode & 0o111}\0`);
    hash.update(readFileSync(join(recipe, file)));
  }
  const folder = join(cache, hash.digest('hex').slice(0, 12));
  if (!existsSync(join(folder, 'initrd'))) {
    say('Making the image from Debian packages (debootstrap; a few minutes, once)');
    makeImage(recipe, folder);
  }
  return booted(folder, say);
};

const makeImage = (recipe: string, folder: string): void => {
  const making = `${folder}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  const built = spawnSync(join(recipe, 'build'), [making], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (built.status !== 0) {
    const words = `${built.stdout}\n${built.stderr}`.trim().split('\n').slice(-20).join('\n');
    throw new Error(`the image was not made:\n${words}`);
  }
  execFileSync('qemu-img', [
    'convert',
    '-O',
    'qcow2',
    join(making, 'root.raw'),
    join(making, 'root.qcow2'),
  ]);
  rmSync(join(making, 'root.raw'));
  renameSync(making, folder);
};

/** Boots it once and keeps disk and memory. They are of one qemu and one way to run it, as the name says. */
const booted = async (folder: string, say: (text: string) => void): Promise<Machine> => {
  const qemu = /version (\S+)/.exec(
    execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }),
  )?.[1];
  const machine = (accelerator: Machine['accelerator']): Machine => {
    const ready = join(folder, `ready-${accelerator}-${qemu ?? 'unknown'}`);
    return {
      folder,
      accelerator,
      kernel: join(folder, 'vmlinuz'),
      initrd: join(folder, 'initrd'),
      disk: join(ready, 'disk.qcow2'),
      memory: join(ready, 'memory'),
    };
  };
  const kept = (['kvm', 'tcg'] as const).map(machine).find(({ memory }) => existsSync(memory));
  if (kept !== undefined) return kept;
  // KVM counts only where a machine really boots with it: a device that is there says nothing.
  for (const accelerator of existsSync('/dev/kvm')
    ? (['kvm', 'tcg'] as const)
    : (['tcg'] as const)) {
    const candidate = machine(accelerator);
    say(`Booting it once, with ${accelerator}`);
    const fault = await firstBoot(candidate, accelerator === 'kvm' ? 60_000 : bootLimitMs);
    if (fault === null) return candidate;
    say(`It does not boot with ${accelerator}: ${fault}`);
  }
  throw new Error(`the image does not boot; its console: ${join(folder, 'boot', 'console')}`);
};

/** Why it does not boot; null: it did, and is kept. */
const firstBoot = async (machine: Machine, limitMs: number): Promise<string | null> => {
  const folder = join(machine.folder, 'boot');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const disk = join(folder, 'disk.qcow2');
  overlay(join(machine.folder, 'root.qcow2'), disk);
  let isUp: () => void = () => undefined;
  const up = new Promise<void>((resolve) => (isUp = resolve));
  const guest = new Guest({
    folder,
    disk,
    kernel: machine.kernel,
    initrd: machine.initrd,
    payload: null,
    memory: null,
    accelerator: machine.accelerator,
    megabytes,
    cores,
    onLine: (line) => {
      if (said(line).kind === 'up') isUp();
    },
  });
  const came = await Promise.race([
    up.then(() => true),
    guest.ended.then(() => false),
    after(limitMs),
  ]);
  if (came !== true) {
    await guest.kill();
    return guest.errors || `not up within ${limitMs / 1000} s`;
  }
  const memory = join(folder, 'memory');
  await guest.keep(memory);
  const ready = join(machine.memory, '..');
  rmSync(ready, { recursive: true, force: true });
  renameSync(folder, ready);
  return null;
};

export const overlay = (backing: string, disk: string): void => {
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', backing, disk]);
};

/** Resolves to null at its time, and holds nothing open. */
export const after = (ms: number): Promise<null> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(null), ms).unref();
  });

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .toSorted();
