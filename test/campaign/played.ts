import type { World } from '../support/world.ts';
import { specOf } from '../support/world-words.ts';
import type { Dice, ModelProject } from './model.ts';
import type { Promises } from './promises.ts';

/** A world in the middle of a history: what people wished last, by path. */
export interface Played {
  readonly world: World;
  readonly promises: Promises;
  readonly dice: Dice;
  readonly projects: Map<string, ModelProject>;
}

/** Worlds whose engine tells only some of its events now. */
export const dropping = new WeakSet<World>();

/** Every file as people wished it last. */
export const writeAll = ({ world, projects }: Played): void => {
  for (const [path, project] of projects) {
    const file = `${path}/mlenv.yaml`;
    if (project === null) world.files.remove(file);
    else if (world.files.text(file) !== specOf(project)) world.files.write(file, specOf(project));
  }
};
