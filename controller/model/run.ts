/** Why MLEnv stops a container: committed with the intent of the stop, before its effect. */
export type StopCause =
  /** `mlenv down`. */
  | 'down'
  /** `mlenv rm`. */
  | 'rm'
  /** `state: stopped` in the file. */
  | 'state'
  | 'idle'
  | 'lifetime'
  /** A change that needs a new container. */
  | 'recreate'
  /** `mlenv restart`. */
  | 'restart'
  | 'unhealthy'
  | 'gpu-lost'
  /** This run took longer than the file's `timeout`. */
  | 'timeout'
  /** Something else was mounted at its start than what was judged. */
  | 'mount-changed'
  /** It is no longer in the file. */
  | 'prune'
  /** It was found ended when the database was rebuilt: who ended it is not known any more. */
  | 'rebuilt';

/** Why a run ended. Of a stop of ours the intent tells it, of all else what the engine shows. */
export type EndCause =
  /** By itself, with exit code 0. */
  | 'completed'
  /** By itself, with any other exit code. */
  | 'failed'
  | 'out-of-memory'
  /** The engine or the host went down around it. */
  | 'interrupted'
  /** `docker stop` or `docker kill`, by somebody else. */
  | 'stopped-outside'
  /** `docker rm -f`, by somebody else: nobody knows with which exit code it ended. */
  | 'removed-outside'
  | StopCause;

/** The stop that MLEnv has asked for and that a container's end is to be read by. Times are milliseconds since the epoch. */
export interface StopIntent {
  readonly containerId: string;
  /** Which run of that container; null: any that began before `at` (rows of version 0.1). */
  readonly startedAt: number | null;
  readonly cause: StopCause;
  readonly at: number;
  /** A container that still runs then was not ended by this stop. */
  readonly until: number;
}

/**
 * Another folder was mounted at the start than the one that was judged. Of a run that began a moment ago the engine has
 * not been asked yet when it began.
 */
export const stopOfSwap = (containerId: string, at: number): StopIntent => ({
  containerId,
  startedAt: null,
  cause: 'mount-changed',
  at,
  until: at + 60_000,
});

export interface RunEnd {
  readonly cause: EndCause;
  /** null: not known. */
  readonly exitCode: number | null;
  /** null: not known. */
  readonly at: number | null;
  /** Whether a controller followed the engine's events when it ended: only then is it known that nobody else ended it. */
  readonly watched: boolean;
}

/** The newest run of an environment: one process of one container, from its start to its end. */
export interface LastRun {
  readonly containerId: string;
  /** null: not known (rows of version 0.1). */
  readonly startedAt: number | null;
  /** Of the spec that its container was made from. */
  readonly digest: string;
  /** null: it runs, or did when it was last seen. */
  readonly end: RunEnd | null;
  /** Failed runs since it was asked for, this one counted in; left out: none. */
  readonly failures?: number;
  /** Its `timeout` when the run began; left out: none. */
  readonly timeoutMs?: number;
}

const continued = [
  'down',
  'rm',
  'state',
  'idle',
  'lifetime',
  'recreate',
  'restart',
  'prune',
  'rebuilt',
] as const satisfies readonly StopCause[];

/** MLEnv stopped what was well: once nothing keeps it stopped any more it is started again, and no restart counts. */
export type ContinuedCause = (typeof continued)[number];

const continuedCauses: ReadonlySet<EndCause> = new Set(continued);

export const isContinued = (cause: EndCause): cause is ContinuedCause => continuedCauses.has(cause);

export const isToContinue = ({ cause }: RunEnd): boolean => isContinued(cause);
