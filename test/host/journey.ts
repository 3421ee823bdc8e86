import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Guest } from './guest.ts';
import { after, cores, type Machine, megabytes, overlay } from './image.ts';
import { type Result, said } from './lines.ts';

export interface Journey {
  readonly name: string;
  /** Its first line: what it is about. */
  readonly title: string;
  /** A machine of its own size cannot start from the memory that was kept: it boots. */
  readonly size: { readonly megabytes: number; readonly cores: number } | null;
}

export const readJourney = (file: string, name: string): Journey => {
  const text = readFileSync(file, 'utf8');
  const size = /^# machine: (\d+) MB, (\d+) cores?$/m.exec(text);
  return {
    name,
    title: /^# (.+)$/m.exec(text)?.[1] ?? name,
    size: size === null ? null : { megabytes: Number(size[1]), cores: Number(size[2]) },
  };
};

export interface Run {
  readonly results: readonly Result[];
  /** Why it did not come to its end; null: it did. */
  readonly ending: string | null;
}

/** Plays one journey on a machine of its own, whose power goes whenever the journey says so. */
export const play = async (
  machine: Machine,
  journey: Journey,
  options: {
    readonly payload: string;
    readonly folder: string;
    readonly isSabotaged: boolean;
    readonly limitMs: number;
    readonly onLine: (line: string) => void;
  },
): Promise<Run> => {
  const { folder } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const disk = join(folder, 'disk.qcow2');
  overlay(machine.disk, disk);
  const results: Result[] = [];
  const started = Date.now();
  const log = (line: string): void => {
    const second = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
    appendFileSync(join(folder, 'log'), `${second} ${line}\n`);
  };
  let killAfterMs: number | null = null;
  let done: (ending: string | null) => void = () => undefined;
  const end = new Promise<string | null>((resolve) => (done = resolve));
  const limit = after(options.limitMs).then(() => `not within ${options.limitMs / 60_000} minutes`);
  let isFirst = true;
  for (;;) {
    let cut: () => void = () => undefined;
    const power = new Promise<'cut'>((resolve) => (cut = () => resolve('cut')));
    const memory: string | null = isFirst && journey.size === null ? machine.memory : null;
    const guest = new Guest({
      folder,
      disk,
      kernel: machine.kernel,
      initrd: machine.initrd,
      memory,
      accelerator: machine.accelerator,
      ...(journey.size ?? { megabytes, cores }),
      payload: memory === null ? options.payload : null,
      onLine: (line) => {
        log(line);
        const words = said(line);
        if (words.kind === 'which') {
          const twin = options.isSabotaged ? 'sabotaged' : 'whole';
          guest.type(`${journey.name} ${twin} ${Math.floor(Date.now() / 1e3)}`);
        } else if (words.kind === 'result') {
          results.push({
            name: words.name,
            why: words.why,
          });
        } else if (words.kind === 'kill') {
          killAfterMs = words.afterMs;
          cut();
        } else if (words.kind === 'end') done(null);
        options.onLine(line);
      },
    });
    if (memory !== null) {
      await guest.resume();
      await guest.plug(options.payload);
    }
    isFirst = false;
    const gone = guest.ended.then(() => `the machine ended: ${guest.errors || 'no word why'}`);
    const ending = await Promise.race([end, power, gone, limit]);
    if (ending === 'cut') {
      await sleep(killAfterMs ?? 0);
      log('bench: the power goes');
      await guest.kill();
      continue;
    }
    await guest.kill();
    return { results, ending };
  }
};

/** What is left of one that failed: its disk (over the image's), its journal, its console. */
export const keepFailed = (folder: string, failed: string): void => {
  rmSync(failed, { recursive: true, force: true });
  mkdirSync(join(failed, '..'), { recursive: true });
  renameSync(folder, failed);
};
