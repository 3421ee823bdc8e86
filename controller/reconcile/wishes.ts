import { environmentKey } from '../model/key.ts';
import { folderOf, type ProjectRecord } from '../model/record.ts';
import type { CachedWish, Deps } from './deps.ts';
import { pinImage, type PinOne } from './pins.ts';

/** The last good text is filled in for rows whose wish this process does not have. `pin`: how its image is found. */
export const fillWishes = async (
  deps: Deps,
  project: ProjectRecord,
  pin: PinOne = pinImage,
): Promise<void> => {
  const { store, memory, specs } = deps;
  for (const row of store.environments.ofProject(project.id)) {
    const key = environmentKey(row);
    if (memory.wishes.get(key)?.kind === 'wanted') continue;
    const resolved = await specs.resolve(row.raw, row.environment, folderOf(project));
    memory.wishes.set(
      key,
      resolved.ok
        ? pin(deps, { row, environment: resolved.value.wish, from: 'record' })
        : { kind: 'unresolved', reason: 'SpecUnresolved', message: resolved.failure.message },
    );
    deps.ring.environment(key);
  }
  memory.read.add(project.id);
};

/** The image, or why it is not known. */
export const imageText = (wish: CachedWish): string =>
  wish.kind === 'wanted' ? wish.environment.image : wish.message;
