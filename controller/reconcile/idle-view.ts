import type { Environment } from '../model/environment.ts';
import { defaultIdle, type IdleChoice, type IdleWish } from '../model/idle.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { EnvironmentRecord, StoppedFor } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import type { IdleView } from '../plan/input.ts';
import type { Deps } from './deps.ts';

/** A judgement that is older says nothing of now. */
const freshMs = 180_000;

/** What is done where it is idle; null: nothing. `cardsAfterMs`: what the host says of who holds cards. */
export const idleWishOf = (choice: IdleChoice, cardsAfterMs: number | null): IdleWish | null => {
  if (choice === 'never') return null;
  if (choice !== 'default') return choice;
  return cardsAfterMs === null ? null : { ...defaultIdle, afterMs: cardsAfterMs };
};

/** What the plan may know of it. */
export const idleView = (
  { store, config, clock, timeText }: Pick<Deps, 'store' | 'config' | 'clock' | 'timeText'>,
  record: EnvironmentRecord,
  environment: Environment | null,
): IdleView => {
  const key = environmentKey(record);
  const now = clock.now();
  const text = (at: number | null): string => (at === null ? '' : timeText(at, now));
  const row = store.idle.get(key);
  const { cardsAfterMs, holdCardsMs } = config.current().idle;
  const wish = idleWishOf(environment?.idle ?? 'default', cardsAfterMs);
  const held = heldOf(store, key);
  const isFresh =
    row !== null && row.containerId === record.containerId && now - row.judgedAt <= freshMs;
  const isKept = (row?.keepUntil ?? 0) > now;
  return {
    judged: !isFresh
      ? null
      : {
          ...row,
          // Asked for since it was judged.
          ...(isKept ? { dueAt: null, endsAt: null } : {}),
          action: wish?.action ?? null,
          texts: {
            since: text(row.idleSince),
            due: text(row.dueAt),
            ends: text(row.endsAt),
            kept:
              row.keepUntil === null
                ? ''
                : `; ${row.keptBy ?? ''} keeps it until ${text(row.keepUntil)}`,
          },
        },
    heldText: held === null ? '' : ` (since ${text(held.at)})`,
    cardsUntil:
      held === null || (held.kind === 'idle' && wish?.action === 'release')
        ? null
        : held.at + holdCardsMs,
  };
};

const heldOf = (
  store: Store,
  key: EnvironmentKey,
): { readonly kind: StoppedFor; readonly at: number } | null => {
  for (const { kind, at } of store.holds.of(key)) {
    if (kind === 'idle' || kind === 'lifetime') return { kind, at };
  }
  return null;
};
