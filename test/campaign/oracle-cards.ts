import { deviceId } from '../../controller/model/gpu.ts';
import { environmentKey } from '../../controller/model/key.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { WorldDevice } from '../support/world-cards.ts';
import type { World } from '../support/world.ts';
import type { ModelEnvironment } from './model.ts';
import type { Played } from './played.ts';

/** What a wish for cards comes to on a host that is well; null: it asks for none. */
interface Ask {
  readonly count: number | 'all';
  readonly optional: boolean;
  readonly fit: readonly WorldDevice[];
}

export const askOf = (world: World, wish: ModelEnvironment): Ask | null => {
  const { gpus } = wish;
  if (gpus === undefined || gpus === 0 || world.cards === null) return null;
  const map = typeof gpus === 'object' ? gpus : {};
  const { cards } = world;
  const fit = cards.devices.filter(
    ({ id, gpuUuid, model, mig, slots }) =>
      mig === (map.mig ?? null) &&
      slots > 1 === (map.sharing === 'shared') &&
      (map.model === undefined || model.includes(map.model)) &&
      (map.devices?.some((name) => name === id || name === cards.indexOf(gpuUuid)) ?? true),
  );
  const count = typeof gpus === 'object' ? (gpus.count ?? gpus.devices?.length ?? 1) : gpus;
  return { count, optional: map.optional === true, fit };
};

/** What is wrong with the cards of a container that runs as its file says; null: nothing. */
export const cardTrouble = (world: World, wish: ModelEnvironment, ids: readonly string[]) => {
  const ask = askOf(world, wish);
  if (ask === null) return ids.length === 0 ? null : 'has cards that nobody asked for';
  if (ask.optional && ids.length === 0) return null;
  if (ask.count !== 'all' && ids.length !== ask.count) return `has ${ids.length} cards`;
  // An index was another card's when it was given.
  const byIndex =
    typeof wish.gpus === 'object' && (wish.gpus.devices?.some(Number.isInteger) ?? false);
  if (ids.length === 0) return 'has no card';
  return byIndex || ids.every((id) => ask.fit.some((device) => device.id === id))
    ? null
    : 'has cards of another kind';
};

/** What makes its wait for cards a wait for nothing; null: it waits rightly. */
export const cardWaitTrouble = (
  { world, projects }: Played,
  row: EnvironmentRecord,
  wish: ModelEnvironment,
): string | null => {
  const store = world.process?.store;
  const ask = askOf(world, wish);
  if (ask === null || store === undefined) return 'asks for no card';
  const { fit } = ask;
  const count = ask.count === 'all' ? fit.length : ask.count;
  if (row.reason === 'GpuUnsuitable') {
    return fit.length < Math.max(1, count) ? null : 'this host has such cards';
  }
  const key = environmentKey(row);
  const taken = new Map<string, number>();
  for (const lease of store.gpus.leases()) {
    if (lease.key !== key) taken.set(deviceId(lease), (taken.get(deviceId(lease)) ?? 0) + 1);
  }
  const free = fit.filter(({ id, slots }) => (taken.get(id) ?? 0) < slots).length;
  if (free < count) return null;
  const isBefore = (other: EnvironmentRecord): boolean => {
    const path = store.projects.get(other.projectId)?.path ?? '';
    const theirs = projects.get(path)?.[other.environment];
    const [mine, its] = [wish.priority ?? 0, theirs?.priority ?? 0];
    return (
      theirs !== undefined &&
      other.reason === 'GpuPoolFull' &&
      (its > mine || (its === mine && (other.requestedAt ?? 0) <= (row.requestedAt ?? 0))) &&
      (askOf(world, theirs)?.fit.some((device) => fit.includes(device)) ?? false)
    );
  };
  const others = store.environments.requested().filter((one) => environmentKey(one) !== key);
  return others.some(isBefore) ? null : `${free} cards are free for it and nobody is before it`;
};
