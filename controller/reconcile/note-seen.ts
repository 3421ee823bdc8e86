import type { EnvironmentKey } from '../model/key.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { Deps } from './deps.ts';

/** What only an event tells is in the record before the pass that it asks for. */
export const noteSeen = (
  { store, ring }: Pick<Deps, 'store' | 'ring'>,
  key: EnvironmentKey,
  seen: Partial<Pick<EnvironmentRecord, 'handStop' | 'oomSeen'>>,
): void => {
  if (store.environments.get(key) === null) return;
  store.environments.update(key, seen);
  ring.environment(key);
};
