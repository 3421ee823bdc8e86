import type { EnvironmentKey } from './key.ts';

/** When an environment counts as one that nobody uses, and what is done then. */
export interface IdleWish {
  /** All of this time. */
  readonly afterMs: number;
  /** Of the card that is used most, in percent; null: whatever it does. */
  readonly gpuBelowPercent: number | null;
  /** 100 is one core; null: whatever it uses. */
  readonly cpuBelowPercent: number | null;
  /** Both ways, since it is idle; null: however much. */
  readonly networkBelowBytes: number | null;
  /** `stop` keeps its cards for a while, `release` gives them back at once. */
  readonly action: 'notify' | 'stop' | 'release';
}

/** What the file says of it: nothing at all, never, or when. */
export type IdleChoice = IdleWish | 'default' | 'never';

/** Where only a time is given, or a change waits for one that says nothing. */
export const defaultIdle: IdleWish = {
  afterMs: 3_600_000,
  gpuBelowPercent: 5,
  cpuBelowPercent: 2,
  networkBelowBytes: 2 ** 20,
  action: 'stop',
};

/** The host's part. */
export interface IdleConfig {
  /** For environments with cards that say nothing; null: never. */
  readonly cardsAfterMs: number | null;
  readonly warningMs: number;
  readonly maxKeepMs: number;
  /** So long the cards of a stopped one stay its own. */
  readonly holdCardsMs: number;
  /** Percent of the cards that are taken, from which on patience is shorter; null: it never is. */
  readonly scarceAtPercent: number | null;
  readonly scarceFactor: number;
}

export const defaultIdleConfig: IdleConfig = {
  cardsAfterMs: null,
  warningMs: 900_000,
  maxKeepMs: 86_400_000,
  holdCardsMs: 900_000,
  scarceAtPercent: 80,
  scarceFactor: 0.5,
};

/** One sample of what a container uses. null: not known, which is never 0. */
export interface UsagePoint {
  /** Milliseconds since the epoch, to the second. */
  readonly at: number;
  readonly cpuPercent: number | null;
  /** Of its most used card; null where it has none, or one of them does not tell. */
  readonly gpuPercent: number | null;
  /** Both ways, since its start. */
  readonly networkBytes: number | null;
}

/** What keeps it from being idle. */
export type Use =
  | 'gpu'
  | 'cpu'
  | 'network'
  /** A terminal into it is open, or a command was run in it. */
  | 'session'
  | 'jupyter'
  /** It cannot be told for long enough. */
  | 'unmeasured';

/** What is known of the use of one environment. Times are milliseconds since the epoch. */
export interface IdleRecord {
  readonly projectId: string;
  readonly environment: string;
  /** The one that was looked at; null: none runs. */
  readonly containerId: string | null;
  readonly judgedAt: number;
  /** Since when nobody uses it; null: somebody does, or it cannot be told. */
  readonly idleSince: number | null;
  readonly use: Use | null;
  /** The last use that no sample shows. */
  readonly usedAt: number | null;
  readonly usedBy: 'session' | 'jupyter' | null;
  /** What is done for want of use is done from then on; it was warned of before. */
  readonly dueAt: number | null;
  /** A change that waits for it to be idle may be made from then on. */
  readonly quietAt: number | null;
  /** Its life began then, over restarts. */
  readonly livesSince: number | null;
  /** Its life ends then; it was warned of before. */
  readonly endsAt: number | null;
  readonly keepUntil: number | null;
  readonly keptBy: string | null;
}

/** A command that runs in a container beside its own. */
export interface Session {
  readonly tty: boolean;
  /** Somebody can write to it. */
  readonly interactive: boolean;
  /** On the engine's machine. */
  readonly pid: number | null;
}

/** Use of a container that no sample shows. */
export interface SeenUse {
  readonly by: 'session' | 'jupyter';
  /** The last sign of it; now, where it goes on or nobody can tell. */
  readonly at: number;
}

/** A way into running containers; every call ends within its own deadline and never throws. */
export interface Inside {
  look(containerId: string): Promise<readonly SeenUse[]>;
  /** Leaves a note for who works in the folder; null: takes it away. */
  leaveNote(containerId: string, folder: string, text: string | null): Promise<void>;
}

export interface IdleTable {
  get(key: EnvironmentKey): IdleRecord | null;
  /** Writes nothing where nothing changed. */
  set(record: IdleRecord): void;
  /** Somebody runs a command in it. */
  used(key: EnvironmentKey, at: number): void;
  keep(
    key: EnvironmentKey,
    keep: { readonly until: number; readonly by: string; readonly at: number },
  ): void;
  /** Its next start is the beginning of another life. */
  endLife(key: EnvironmentKey): void;
}
