import { marksOf, reservationsOf } from '../admission/pool.ts';
import { ok } from '../model/failure.ts';
import type { Gpu, GpuClaim, GpuInventory, GpuProvider, SickGpu } from '../model/gpu.ts';
import type { EnvironmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import type { EngineReader } from '../model/ports.ts';
import type { GpuCard } from '../model/store-gpu.ts';
import type { Deps, GpuWatch } from './deps.ts';
import { ringWaiting } from './gpu-leases.ts';

/**
 * Looks at the cards and at what the engine gave to whom, one look at a time, and writes into the record
 * which cards there are and which are not to be given out.
 */
export const createGpuWatch = (
  deps: () => Deps,
  {
    provider,
    reader,
    records,
  }: {
    readonly provider: GpuProvider;
    readonly reader: Pick<EngineReader, 'gpuClaims'>;
    /** false: looks only, and the record stays as it is. */
    readonly records: boolean;
  },
): GpuWatch => {
  let inventory: GpuInventory | null = null;
  /** null: the engine has not told yet. */
  let claims: readonly GpuClaim[] | null = null;
  let trouble: string | null = null;
  let sick: readonly SickGpu[] = [];
  let lookedAt = -Infinity;
  let looking: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    inventory = await provider.inventory();
    const claimed = inventory.kind === 'none' ? ok([]) : await reader.gpuClaims();
    // An engine that does not answer has not let go of anything, and may have given what nobody saw.
    if (claimed.ok) claims = claimed.value;
    trouble = claimed.ok
      ? null
      : `the engine does not say who has them: ${claimed.failure.message}`;
    if (inventory.kind === 'known') {
      const before = sick;
      sick = sickOf(inventory.gpus);
      ringHolders(deps(), before, sick);
    }
    const { clock } = deps();
    lookedAt = clock.now();
    if (records && claims !== null) note(deps(), inventory, claims);
  };

  return {
    current: () => inventory,
    claims: () => claims ?? [],
    trouble: () => trouble,
    sick: () => sick,
    refresh: async (maxAgeMs) => {
      const age = deps().clock.now() - lookedAt;
      // A clock that was set back makes no look younger.
      if (age >= 0 && age < maxAgeMs) return;
      looking ??= look().finally(() => {
        looking = null;
      });
      await looking;
    },
  };
};

const sickOf = (gpus: readonly Gpu[]): readonly SickGpu[] =>
  gpus.flatMap(({ uuid, index, model, mig, health: { state, why } }) =>
    state === 'healthy'
      ? []
      : [
          {
            uuid,
            ids: [uuid, ...(mig ?? []).map((slice) => slice.uuid)],
            state,
            text: `GPU ${index} (${model}) is ${state}${why === '' ? '' : `: ${why}`}`,
          },
        ],
  );

/** Whose GPU fell ill, or got well, is told at once and not with the next change of its own. */
const ringHolders = (deps: Deps, before: readonly SickGpu[], now: readonly SickGpu[]): void => {
  const stateIn = (list: readonly SickGpu[], uuid: string): string =>
    list.find((one) => one.uuid === uuid)?.state ?? 'healthy';
  const turned = new Set(
    [...before, ...now]
      .map(({ uuid }) => uuid)
      .filter((uuid) => stateIn(before, uuid) !== stateIn(now, uuid)),
  );
  if (turned.size === 0) return;
  for (const { key, gpuUuid } of deps.store.gpus.leases()) {
    if (key !== null && turned.has(gpuUuid)) deps.ring.environment(key);
  }
};

/** What is not known changes nothing that the record says. */
const note = (deps: Deps, inventory: GpuInventory, claims: readonly GpuClaim[]): void => {
  if (inventory.kind === 'unknown') return;
  const { store, clock, config } = deps;
  const now = clock.now();
  const cards: readonly GpuCard[] =
    inventory.kind === 'known'
      ? inventory.gpus
          // Another card may bear its number by now.
          .filter(({ health }) => health.state !== 'lost')
          .map(({ uuid, index, model, memoryTotalBytes }) => ({
            uuid,
            index,
            model,
            memoryBytes: memoryTotalBytes,
          }))
      : [];
  const { gpu } = config.current();
  const marks = marksOf({
    inventory,
    leases: store.gpus.leases(),
    claims,
    cordons: store.gpus.cordons(),
    config: gpu,
    nameOf: nameOf(deps),
    ours: ours(deps, claims),
  });
  store.transaction(() => {
    const before = marked(deps);
    const after = new Map(marks.map(({ gpuUuid, kind, text }) => [gpuUuid, { kind, text }]));
    // No news, as some are offered such a card.
    const reserved = reservationsOf({ inventory, config: gpu });
    const further = reserved.filter(({ gpuUuid }) => !after.has(gpuUuid));
    store.gpus.observe(cards, [...marks, ...further], now);
    for (const [uuid, { kind, text }] of after) {
      if (kind === 'mig' || kind === 'excluded' || before.has(uuid)) continue;
      tell(
        deps,
        kind === 'foreign' ? 'GpuForeign' : 'GpuUnhealthy',
        `${nameIn(cards, uuid)}: ${text}`,
      );
    }
    for (const uuid of before) {
      if (!after.has(uuid)) tell(deps, 'GpuRecovered', `${nameIn(cards, uuid)} is offered again`);
    }
    store.meta.set(marksKey, JSON.stringify([...after.keys()].sort()));
    if ([...before].some((uuid) => !after.has(uuid))) ringWaiting(deps);
  });
};

/** In `meta`: cards that were not to be given out at the last look. */
const marksKey = 'gpu-marks';

const marked = ({ store }: Deps): ReadonlySet<string> =>
  new Set(JSON.parse(store.meta.get(marksKey) ?? '[]') as readonly string[]);

const nameIn = (cards: readonly GpuCard[], uuid: string): string => {
  const card = cards.find((one) => one.uuid === uuid);
  return card === undefined ? uuid : `GPU ${card.index} (${card.model})`;
};

const tell = (
  { store, clock }: Deps,
  reason: 'GpuForeign' | 'GpuUnhealthy' | 'GpuRecovered',
  message: string,
): void =>
  store.events.add({
    at: clock.now(),
    type: reason === 'GpuRecovered' ? 'Normal' : 'Warning',
    reason,
    message,
    projectId: null,
    environment: null,
  });

/** `alice/train`, as people name an environment. */
export const nameOf =
  ({ store }: Pick<Deps, 'store'>) =>
  (key: EnvironmentKey): string => {
    const slash = key.indexOf('/');
    return `${store.projects.get(key.slice(0, slash))?.name ?? key.slice(0, slash)}${key.slice(slash)}`;
  };

/** Which environment of this MLEnv a container belongs to; null: none. */
export const ours = (
  { store, instance, memory }: Pick<Deps, 'store' | 'instance' | 'memory'>,
  claims: readonly GpuClaim[],
): ((containerId: string) => EnvironmentKey | null) => {
  const byId = new Map<string, EnvironmentKey>();
  for (const { containerId, labels } of claims) {
    const projectId = labels[label.projectId];
    const environment = labels[label.environment];
    if (labels[label.instance] !== instance || projectId === undefined || environment === undefined)
      continue;
    const key: EnvironmentKey = `${projectId}/${environment}`;
    if (store.environments.get(key) !== null) byId.set(containerId, key);
  }
  for (const [key, ids] of memory.ids) for (const id of ids) byId.set(id, key);
  return (containerId) => byId.get(containerId) ?? null;
};
