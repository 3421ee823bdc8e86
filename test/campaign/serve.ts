import { environmentKey } from '../../controller/model/key.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { Played } from './played.ts';

/**
 * Nobody starves: whoever holds cards ends, one after the other, and with that everybody who waits for
 * some has them, the first in line first. The world is well and at rest when it begins.
 */
export const serveEverybody = async (played: Played): Promise<void> => {
  const { world } = played;
  for (let round = 0; round < 40; round += 1) {
    const [first] = waitingIn(played);
    if (first === undefined) return;
    const holder = holderBefore(played, first);
    if (holder === null) {
      broke(played, first, 'and nobody is left who could end');
      return;
    }
    // It cannot be ended as long as its folder is another one's.
    if (holder.reason === 'OwnerChanged') return;
    const ref = refOf(played, holder);
    await world.ask((api) => api.resume({ ref, by: 'root' }));
    await world.ask((api) =>
      api.down({ path: ref.path, environment: ref.environment, by: 'root' }),
    );
    await world.settle(40_000);
  }
  const [first] = waitingIn(played);
  if (first !== undefined) broke(played, first, 'though forty of those before it have ended');
};

const broke = (
  { world }: Played,
  { environment, message }: EnvironmentRecord,
  why: string,
): void => {
  world.broken.push(`nobody starves: ${environment} waits (${message}) ${why}`);
  world.step();
};

/** Who waits for cards, the first in line first. */
const waitingIn = (played: Played): readonly EnvironmentRecord[] =>
  (played.world.process?.store.environments.requested() ?? [])
    .filter(({ reason }) => reason === 'GpuPoolFull')
    .sort(
      (a, b) =>
        priorityOf(played, b) - priorityOf(played, a) ||
        (a.requestedAt ?? 0) - (b.requestedAt ?? 0),
    );

/** Rather one that has all it wants than one that waits for more. */
const holderBefore = ({ world }: Played, first: EnvironmentRecord): EnvironmentRecord | null => {
  const store = world.process?.store;
  if (store === undefined) return null;
  const holders = store.environments
    .all()
    .filter(
      (row) =>
        environmentKey(row) !== environmentKey(first) &&
        store.gpus.of(environmentKey(row)).length > 0,
    );
  return (
    holders.find(({ requestedAt, reason }) => requestedAt === null && reason !== 'OwnerChanged') ??
    holders.find(({ reason }) => reason !== 'OwnerChanged') ??
    holders[0] ??
    null
  );
};

const priorityOf = ({ world, projects }: Played, row: EnvironmentRecord): number => {
  const path = world.process?.store.projects.get(row.projectId)?.path ?? '';
  return projects.get(path)?.[row.environment]?.priority ?? 0;
};

const refOf = ({ world }: Played, row: EnvironmentRecord) => ({
  path: world.process?.store.projects.get(row.projectId)?.path ?? '',
  project: null,
  environment: row.environment,
});
