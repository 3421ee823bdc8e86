/**
 * What becomes of one more event, so that a loop of failures is a handful of rows: the same again is counted,
 * many that differ in their message alone become one, and beyond the limit of an object only a count grows.
 * The numbers are those of Kubernetes' events.
 */
export type EventFold =
  | { readonly kind: 'add' }
  /** The same again. */
  | { readonly kind: 'count'; readonly id: number }
  /** Of one that stands for many; id null: it is the first that does. */
  | { readonly kind: 'combine'; readonly id: number | null }
  /** More than is kept of this object. */
  | { readonly kind: 'limit'; readonly id: number | null };

/** The same event again within this time is counted. */
export const sameWithinMs = 10 * 60_000;

/** So many of one object and reason within that time, and the next ones are combined. */
export const combineFrom = 10;

export const combinedPrefix = '(combined from similar events): ';

export const foldEvent = (facts: {
  /** Row of the same message within the time; null: none. */
  readonly same: number | null;
  /** Rows of the same object, type and reason within it. */
  readonly alike: number;
  /** Of them, the one that stands for many. */
  readonly combined: number | null;
  /** Row that counts what is beyond the limit, within the same time. */
  readonly limited: number | null;
  /** Whether the object may have another row. */
  readonly hasRoom: boolean;
}): EventFold => {
  const { same, alike, combined, limited, hasRoom } = facts;
  if (same !== null) return { kind: 'count', id: same };
  if (combined !== null) return { kind: 'combine', id: combined };
  if (!hasRoom) return { kind: 'limit', id: limited };
  return alike >= combineFrom ? { kind: 'combine', id: null } : { kind: 'add' };
};

/** How many rows one object may still have, as a bucket that fills by itself. */
export interface EventRoom {
  readonly rows: number;
  readonly at: number;
}

const burst = 25;
const refillMs = 5 * 60_000;

/** null: nothing was written of it for as long as it takes to fill. */
export const roomNow = (before: EventRoom | null, now: number): EventRoom => {
  if (before === null) return { rows: burst, at: now };
  // A clock that was set back fills nothing.
  const passedMs = Math.max(0, now - before.at);
  return { rows: Math.min(burst, before.rows + passedMs / refillMs), at: now };
};

export const isFull = ({ rows }: EventRoom): boolean => rows >= burst;
