import type { Freeze } from '../model/freeze.ts';
import type { Store } from '../model/store.ts';
import type { Deps } from './deps.ts';

/** In `meta`, so that a restart of the controller thaws nothing. '': not frozen. */
const metaKey = 'frozen';

/** null: not frozen. Asked anew each time, as another process may have written it. */
export const freezeOf = (store: Pick<Store, 'meta'>): Freeze | null => {
  const text = store.meta.get(metaKey);
  return text === null || text === '' ? null : read(text);
};

export const setFreeze = (store: Pick<Store, 'meta'>, freeze: Freeze | null): void =>
  store.meta.set(metaKey, freeze === null ? '' : JSON.stringify(freeze));

/** `frozen by ada at 09:12 (the disk is full); mlenv thaw lets it go on`; null: not frozen. */
export const frozenText = ({
  store,
  clock,
  timeText,
}: Pick<Deps, 'store' | 'clock' | 'timeText'>): string | null => {
  const freeze = freezeOf(store);
  if (freeze === null) return null;
  const { by, at, why } = freeze;
  return `the host was frozen by ${by} at ${timeText(at, clock.now())}${why === '' ? '' : ` (${why})`}; mlenv thaw lets it go on`;
};

/** What a hand wrote there and nobody can read still freezes. */
const read = (text: string): Freeze => {
  const unknown: Freeze = { by: 'somebody', at: 0, why: text };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return unknown;
    return {
      by: 'by' in value && typeof value.by === 'string' ? value.by : unknown.by,
      at: 'at' in value && typeof value.at === 'number' ? value.at : unknown.at,
      why: 'why' in value && typeof value.why === 'string' ? value.why : '',
    };
  } catch {
    return unknown;
  }
};
