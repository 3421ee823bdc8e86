import type { ObservedContainer } from '../model/container.ts';
import type { Settings } from '../model/context.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { EndCause, LastRun, RunEnd } from '../model/run.ts';
import type { KnownSnapshot, Outage } from '../model/snapshot.ts';

/** The engine's clock and ours may differ by so much. */
const clockSlackMs = 2000;
/** SIGKILL. */
const killed = 137;
/** From the end of one process to that of the container. */
const oomSlackMs = 10_000;
/** An engine that comes back ends what it cannot take over, some time after it answers. */
const adoptionMs = 20_000;

type Known = Pick<EnvironmentRecord, 'handStop' | 'stopIntent' | 'oomSeen' | 'lastRun'>;
type Heard = Pick<KnownSnapshot, 'outages' | 'watchedSince'>;

/**
 * Why a container that ended did end. Each answer is a fact that was written down: our own stop before
 * it was asked for, an outage, an event of the engine, what an earlier pass saw; and the rest is what
 * the engine shows of the container itself.
 */
export const endOf = (container: ObservedContainer, known: Known, heard: Heard): RunEnd => {
  const { exitCode, startedAt, finishedAt } = container;
  const told = known.lastRun;
  const seen =
    told !== null && told.containerId === container.id && told.startedAt === startedAt
      ? told.end
      : null;
  const ended = finishedAt ?? container.createdAt;
  const watched = heard.watchedSince !== null && ended >= heard.watchedSince;
  const cause = causeOf(container, known, heard.outages);
  // What an earlier pass saw stays, unless an event or an outage came after it that tells more.
  if (seen !== null && tellsMore[seen.cause]?.includes(cause) !== true) return seen;
  return { cause, exitCode, at: finishedAt, watched };
};

/** An engine that goes down ends its containers first, in just the way in which a hand does. */
const tellsMore: Readonly<Partial<Record<EndCause, readonly EndCause[]>>> = {
  completed: ['stopped-outside'],
  failed: ['stopped-outside', 'out-of-memory', 'interrupted'],
  'stopped-outside': ['interrupted'],
};

const causeOf = (
  container: ObservedContainer,
  { handStop, stopIntent, oomSeen }: Known,
  outages: readonly Outage[],
): EndCause => {
  const { id, startedAt, exitCode } = container;
  const began = startedAt ?? container.createdAt;
  const ended = container.finishedAt ?? container.createdAt;
  if (
    stopIntent !== null &&
    stopIntent.containerId === id &&
    (stopIntent.startedAt === null ? began <= stopIntent.at : stopIntent.startedAt === startedAt) &&
    ended >= stopIntent.at
  ) {
    return stopIntent.cause;
  }
  // Before the hand: an engine that goes down stops its containers in just the same way. Only what
  // ran before it went was cut by it; how long it was up after it was last seen is not known.
  if (
    outages.some(
      ({ from, endsFrom = from, to, isBoot }) =>
        began < (isBoot === true ? to : from) &&
        ended >= endsFrom - clockSlackMs &&
        ended <= to + adoptionMs,
    )
  ) {
    return 'interrupted';
  }
  if (handStop?.containerId === id && began <= handStop.at && ended >= handStop.at - clockSlackMs) {
    return 'stopped-outside';
  }
  const toldAt =
    oomSeen?.containerId === id && began <= oomSeen.at + clockSlackMs ? oomSeen.at : null;
  const toldNow = toldAt !== null && Math.abs(ended - toldAt) <= oomSlackMs;
  // A process of it that the kernel ended may not have mattered: with cgroup v2 the engine keeps the flag then, and
  // what ends by itself with a code long after that failed.
  const wasIt = exitCode === killed || toldAt === null || toldNow;
  if (container.oomKilled && exitCode !== 0 && wasIt) return 'out-of-memory';
  // Some engines leave the flag out where it was not the first process that the kernel ended.
  if (exitCode === killed && toldNow) return 'out-of-memory';
  return exitCode === 0 ? 'completed' : 'failed';
};

/** The newest run as it is known now, with its end where that was seen. */
export const lastRunOf = (
  container: ObservedContainer | null,
  known: Known & Pick<EnvironmentRecord, 'containerId' | 'removingId' | 'digest'>,
  heard: Heard,
  digest: string,
): LastRun | null => {
  const { lastRun } = known;
  if (container === null) {
    // Its container went while it ran, and not by our doing.
    return lastRun === null || lastRun.end !== null || lastRun.containerId === known.removingId
      ? lastRun
      : {
          ...lastRun,
          end: { cause: 'removed-outside', exitCode: null, at: null, watched: true },
        };
  }
  const { id: containerId, startedAt } = container;
  if (startedAt === null) return lastRun;
  switch (container.state) {
    case 'running':
    case 'paused':
    case 'restarting':
      return { containerId, startedAt, digest, end: null };
    case 'exited':
      return { containerId, startedAt, digest, end: endOf(container, known, heard) };
    case 'created':
    // Half removed: it says nothing more of how it ended.
    case 'dead':
    case 'removing':
      return lastRun;
    default:
      return container.state satisfies never;
  }
};

/** Restarts that still count: a run that was well for long enough wipes them out. */
export const countedRestarts = (
  restarts: number,
  container: ObservedContainer | null,
  settings: Settings,
): number => {
  const ranMs = (container?.finishedAt ?? 0) - (container?.startedAt ?? 0);
  return container?.startedAt !== null && ranMs >= settings.restartResetMs ? 0 : restarts;
};

/**
 * Before the nth restart: none before the first, then base·2ⁿ up to the cap, each shortened by up to a
 * tenth so that what fell together does not rise together.
 */
export const restartDelayMs = (restarts: number, settings: Settings, chance: number): number =>
  restarts === 0
    ? 0
    : Math.round(
        Math.min(settings.restartBaseMs * 2 ** (restarts - 1), settings.restartCapMs) *
          (1 - chance / 10),
      );
