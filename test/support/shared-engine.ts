import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

export interface SharedEngine {
  /** `unix://…` */
  readonly host: string;
  /** Where that engine has its files. */
  readonly folder: string;
  /** The network namespace of that engine. */
  readonly namespace: string;
}

let taken: SharedEngine | null = null;

/**
 * An engine has one MLEnv, so a file has it for itself, until its process ends. By a lock and not by vitest's number of
 * the worker: where one group of tests follows another, two workers may have the same number.
 */
export const sharedEngine = (): SharedEngine => {
  const engines = inject('engines');
  for (let tries = 0; taken === null; tries += 1) {
    if (tries > 600) throw new Error('no engine came free within a minute');
    taken = engines.find(isFreed) ?? null;
    if (taken === null) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  return taken;
};

const isFreed = ({ folder }: SharedEngine): boolean => {
  const lock = join(folder, 'taken');
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    process.once('exit', () => unlinkSync(lock));
    return true;
  } catch {
    const holder = holderOf(lock);
    // Killed outright, it took nothing away: this one comes again.
    if (holder !== null && !isAlive(holder)) unlinkSync(lock);
    return false;
  }
};

/** null: nobody by now, or one that is just writing. */
const holderOf = (lock: string): number | null => {
  try {
    return Number(readFileSync(lock, 'utf8')) || null;
  } catch {
    return null;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
