import type { Freeze, HostHold } from '../model/freeze.ts';
import type { Store } from '../model/store.ts';
import type { Deps } from './deps.ts';

/** In `meta`, so that a restart of the controller lifts neither. '': not so. */
const metaKeys = { Frozen: 'frozen', Observing: 'observing' } as const satisfies Record<
  HostHold['reason'],
  string
>;

/** null: not so. Asked anew each time, as another process may have written it. */
export const freezeOf = (
  store: Pick<Store, 'meta'>,
  reason: HostHold['reason'] = 'Frozen',
): Freeze | null => {
  const text = store.meta.get(metaKeys[reason]);
  return text === null || text === '' ? null : read(text);
};

export const setFreeze = (
  store: Pick<Store, 'meta'>,
  freeze: Freeze | null,
  reason: HostHold['reason'] = 'Frozen',
): void => store.meta.set(metaKeys[reason], freeze === null ? '' : JSON.stringify(freeze));

type HoldDeps = Pick<Deps, 'store' | 'clock' | 'timeText'>;

/** What keeps the whole host as it is. Who only observes is not helped by thaw, so that comes first. */
export const hostHoldOf = (deps: HoldDeps): HostHold | null =>
  holdsOfHost(deps).find(() => true) ?? null;

/** `the host was frozen by ada at 09:12 (the disk is full); mlenv thaw lets it go on` */
export const holdsOfHost = ({ store, clock, timeText }: HoldDeps): readonly HostHold[] => {
  const observing = freezeOf(store, 'Observing');
  const freeze = freezeOf(store);
  const since = (at: number): string => timeText(at, clock.now());
  return [
    ...(observing === null
      ? []
      : [
          {
            reason: 'Observing' as const,
            message: `MLEnv only observes this host and changes nothing, as ${observing.by} said at ${since(observing.at)}; mlenv observe off lets it act`,
          },
        ]),
    ...(freeze === null
      ? []
      : [
          {
            reason: 'Frozen' as const,
            message: `the host was frozen by ${freeze.by} at ${since(freeze.at)}${freeze.why === '' ? '' : ` (${freeze.why})`}; mlenv thaw lets it go on`,
          },
        ]),
  ];
};

/** What `controller --observe` does before anything else; true: it did not observe before. */
export const startObserving = (
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  by: string,
): boolean => {
  if (freezeOf(store, 'Observing') !== null) return false;
  setFreeze(store, { by, at: clock.now(), why: '' }, 'Observing');
  return true;
};

/** What a hand wrote there and nobody can read still holds. */
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
