import type { ObservedContainer } from '../model/container.ts';
import type { Settings } from '../model/context.ts';
import type { Cure, EnvironmentRecord } from '../model/record.ts';
import type { Outage } from '../model/snapshot.ts';

/** Why a container that ended did end, read from what is seen and not from what we were doing. */
export type Ending =
  | { readonly kind: 'success' }
  /** The engine or the host went down around it: nobody's fault. */
  | { readonly kind: 'interrupted' }
  /** Somebody typed `docker stop`. */
  | { readonly kind: 'by-hand' }
  /** We stopped it because it was unhealthy, or had lost its cards. */
  | { readonly kind: 'cure'; readonly of: Cure['of'] }
  | { readonly kind: 'out-of-memory'; readonly exitCode: number }
  | { readonly kind: 'error'; readonly exitCode: number };

/** The engine's clock and ours may differ by so much. */
const clockSlackMs = 2000;
/** SIGKILL. */
const killed = 137;
/** From the end of one process to that of the container. */
const oomSlackMs = 10_000;
/** An engine that comes back ends what it cannot take over, some time after it answers. */
const adoptionMs = 20_000;

export const endingOf = (
  container: ObservedContainer,
  { handStop, cure, oomSeen }: Pick<EnvironmentRecord, 'handStop' | 'cure' | 'oomSeen'>,
  outages: readonly Outage[],
): Ending => {
  const began = container.startedAt ?? container.createdAt;
  const ended = container.finishedAt ?? container.createdAt;
  // Before the hand: an engine that goes down stops its containers in just the same way. Only what
  // ran before it went was cut by it; how long it was up after it was last seen is not known.
  if (
    outages.some(
      ({ from, to, isBoot }) =>
        began < (isBoot === true ? to : from) &&
        ended >= from - clockSlackMs &&
        ended <= to + adoptionMs,
    )
  ) {
    return { kind: 'interrupted' };
  }
  if (cure?.containerId === container.id && began <= cure.at && ended >= cure.at - clockSlackMs) {
    return { kind: 'cure', of: cure.of };
  }
  if (
    handStop?.containerId === container.id &&
    began <= handStop.at &&
    ended >= handStop.at - clockSlackMs
  ) {
    return { kind: 'by-hand' };
  }
  // A process of it that the kernel ended may not have mattered.
  if (container.oomKilled && container.exitCode !== 0)
    return { kind: 'out-of-memory', exitCode: container.exitCode };
  // Some engines leave the flag out where it was not the first process that the kernel ended.
  if (
    container.exitCode === killed &&
    oomSeen?.containerId === container.id &&
    began <= oomSeen.at + clockSlackMs &&
    Math.abs(ended - oomSeen.at) <= oomSlackMs
  ) {
    return { kind: 'out-of-memory', exitCode: container.exitCode };
  }
  return container.exitCode === 0
    ? { kind: 'success' }
    : { kind: 'error', exitCode: container.exitCode };
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
