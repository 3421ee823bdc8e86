import { statSync } from 'node:fs';
import type { Runnable } from '../loop/manager.ts';
import { createInside } from '../monitor/inside.ts';
import { createSampler } from '../monitor/sampler.ts';
import { createIdleWatch } from '../reconcile/idle.ts';
import type { Instance } from './open.ts';

/** At most so long between two looks at what is used, as a warning may be a minute long. */
const longestMs = 30_000;

/** Judges what nobody uses, beside the passes and never in one. */
export const idling = (
  { core: { deps }, engine }: Pick<Instance, 'core' | 'engine'>,
  onTrouble: (message: string) => void,
): Runnable & { readonly apply: () => void } => {
  const { clock, config } = deps;
  const watch = createIdleWatch(
    deps,
    createInside({
      sessions: (id) => engine.usage.sessions(id),
      exec: (id, options) => deps.writer.exec(id, options),
      lastInputAt,
      clock,
    }),
  );
  const watcher = createSampler({
    clock,
    everyMs: () => Math.min(longestMs, config.current().metrics.everyMs ?? longestMs),
    pass: (signal) => watch.look(signal),
    onError: (error) => onTrouble(`a look at what nobody uses failed: ${String(error)}`),
  });
  return {
    name: 'idle watch',
    start: () => watcher.start(),
    stop: () => watcher.stop(),
    apply: () => watcher.apply(),
  };
};

/** As w(1) does: the terminal's device is read when somebody types. Only where the process is of this machine. */
const lastInputAt = (pid: number): number | null => {
  try {
    const terminal = statSync(`/proc/${pid}/fd/0`);
    return terminal.isCharacterDevice() ? terminal.atimeMs : null;
  } catch {
    return null;
  }
};
