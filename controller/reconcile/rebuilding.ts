import type { Store } from '../model/store.ts';

/** Set while a lost record is being rebuilt: what the files name and no container shows was not running. */
const metaKey = 'rebuilding';

export const isRebuilding = (store: Store): boolean => store.meta.get(metaKey) === '1';

export const setRebuilding = (store: Store, on: boolean): void =>
  store.meta.set(metaKey, on ? '1' : '0');
