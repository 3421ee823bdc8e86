import type { Api, StatusItem } from '../model/api.ts';
import type { Clock } from '../model/ports.ts';
import { progressOf } from './progress.ts';
import type { Context } from './context.ts';

export interface Followed {
  /** As they were last seen; those that are gone are not among them. */
  readonly items: readonly StatusItem[];
  readonly end: FollowEnd;
}

export type FollowEnd = 'reached' | 'timeout' | 'interrupted';

/** Shows how the environments go on until all have reached what is waited for, or are gone. */
export const follow = async (
  { io }: Context,
  api: Api,
  options: {
    /** `projectId/environment` */
    readonly keys: readonly string[];
    readonly reached: (item: StatusItem) => boolean;
    readonly limitMs: number | null;
  },
): Promise<Followed> => {
  const { keys, reached, limitMs } = options;
  const wanted = new Set(keys);
  const deadline = limitMs === null ? Infinity : io.clock.now() + limitMs;
  const progress = progressOf(io);
  for (let pollMs = firstPollMs; ; pollMs = Math.min(2 * pollMs, lastPollMs)) {
    const { items: all } = await api.status({ kind: 'all' });
    const items = all.filter((item) => wanted.has(`${item.projectId}/${item.environment}`));
    progress.show(items);
    if (items.every(reached)) return { items, end: 'reached' };
    if (io.signal.aborted) return { items, end: 'interrupted' };
    if (io.clock.now() >= deadline) return { items, end: 'timeout' };
    await sleep(io.clock, pollMs, io.signal);
  }
};

/** Returns early when the signal fires. */
export const sleep = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimer(ms, end);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });

/** What is done at once should be told at once; what takes minutes needs no more than eyes do. */
const firstPollMs = 15;
const lastPollMs = 250;
