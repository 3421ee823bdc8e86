import { World, type WorldOptions } from '../support/world.ts';
import { leaksOf, pictureOf, type Picture } from './picture.ts';
import { keepPromises, type Promises } from './promises.ts';

/** What happens to a world, told as people would: the same with and without faults. */
export type Story = (world: World, promises: Promises) => Promise<void>;

export interface Told {
  readonly picture: Picture;
  /** Numbers of the effects that changed something. */
  readonly effects: readonly number[];
  readonly events: number;
  /** Names of containers that were created, in alphabetical order. */
  readonly created: readonly string[];
}

/**
 * Plays a story to its end: rest, then no effect and no write over 100 further passes, nothing leaked,
 * somebody else's container as it was. Throws where a promise was broken.
 */
export const tell = async (
  story: Story,
  options: WorldOptions & { readonly passes?: number } = {},
): Promise<Told> => {
  const world = new World(options);
  const promises = keepPromises(world);
  world.watch(promises.watcher);
  try {
    promises.leaveAlone(await world.plant({ name: 'somebody-elses' }));
    await story(world, promises);
    await world.settle();
    await rest(world, options.passes ?? 100);
    return {
      picture: pictureOf(world),
      effects: [...world.changed].sort((a, b) => a - b),
      events: world.events,
      created: world.created.map((name) => name.replace(/-[0-9a-f]{8}$/, '')).sort(),
    };
  } finally {
    world.close();
  }
};

/** Converged: looked at again and again, nothing is done and nothing is written. */
export const rest = async (world: World, passes: number): Promise<void> => {
  const { mutations, writes } = world;
  const dump = world.record.dump();
  const keys = world.process?.store.environments.all().length ?? 0;
  await world.passes(Math.ceil(passes / Math.max(1, keys)));
  if (world.mutations !== mutations) {
    world.broken.push(`converged means no effect: ${world.trace.slice(-5).join(', ')}`);
  }
  if (world.writes !== writes || world.record.dump() !== dump) {
    world.broken.push(`converged means no write: ${differenceOf(dump, world.record.dump())}`);
  }
  for (const leak of leaksOf(world)) world.broken.push(`nothing leaks: ${leak}`);
  world.step();
};

/** The first place where two texts part. */
const differenceOf = (before: string, after: string): string => {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 200), at + 60);
  return `…${around(before)}… became …${around(after)}…`;
};
