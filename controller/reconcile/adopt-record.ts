import { label } from '../model/labels.ts';
import type { Deps } from './deps.ts';
import { rebuild } from './rebuild.ts';
import { isRebuilding, setRebuilding } from './rebuilding.ts';
import { isRestored, settleRestored } from './restored.ts';

/** The record as it was found becomes one that can be worked with; answers with the engine's trouble, null: none. */
export const adoptRecord = async (
  deps: Deps,
  record: 'kept' | 'new' | 'lost',
): Promise<string | null> => {
  const { store } = deps;
  // Containers of ours that a new record does not know tell that there was one before.
  const ours = await deps.reader.list({ [label.instance]: deps.instance });
  if (!ours.ok) return ours.failure.message;
  if (record === 'lost' || (record === 'new' && ours.value.length > 0)) setRebuilding(store, true);
  if (isRestored(store)) {
    const failure = await settleRestored(deps);
    if (failure !== null) return failure.message;
  }
  if (!isRebuilding(store)) return null;
  const failure = await rebuild(deps);
  return failure === null ? null : failure.message;
};
