import type { Outage } from '../model/snapshot.ts';
import type { Deps } from './deps.ts';

export interface Outages {
  /** The engine came up while no MLEnv looked: what ran before was cut by that, not by itself. */
  noteMissedBoot(): Promise<void>;
  note(outage: Outage): void;
}

const kept = 20;

/** When the engine was away, in memory and in the record, so that a restart does not forget it. */
export const createOutages = ({
  store,
  memory,
  reader,
}: Pick<Deps, 'store' | 'memory' | 'reader'>): Outages => {
  memory.outages = JSON.parse(store.meta.get('outages') ?? '[]') as readonly Outage[];
  const note = (outage: Outage): void => {
    memory.outages = [...memory.outages, outage].slice(-kept);
    store.meta.set('outages', JSON.stringify(memory.outages));
  };
  return {
    note,
    noteMissedBoot: async () => {
      const info = await reader.info();
      const seenAt = Number(store.meta.get('seen-at') ?? 0);
      if (!info.ok || info.value.bootedAt === null || seenAt === 0) return;
      const { bootedAt } = info.value;
      if (bootedAt > seenAt) note({ from: seenAt, to: bootedAt, isBoot: true });
    },
  };
};
