import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedContainer } from '../../controller/model/container.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { EndCause, StopCause } from '../../controller/model/run.ts';
import type { Outage } from '../../controller/model/snapshot.ts';
import { countedRestarts, endOf, restartDelayMs } from '../../controller/plan/restart.ts';
import {
  ended,
  minutes,
  noon,
  observed,
  scene,
  seconds,
  settings,
} from '../support/plan-builders.ts';

const container = (over: Partial<ObservedContainer> = {}): ObservedContainer => {
  const { snapshot } = scene({ container: ended({ finishedAt: noon, ...over }) });
  const [only] = snapshot.kind === 'known' ? snapshot.containers : [];
  if (only === undefined) throw new Error('the scene has a container');
  return only;
};

describe('the delay before a restart', () => {
  it('is none, then 10 s, doubling up to five minutes', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((n) => restartDelayMs(n, settings, 0));
    expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300].map(seconds));
  });

  it('never shrinks, never passes the cap, and is spread by a tenth at most', () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (restarts, chance) => {
          const [now, next] = [restarts, restarts + 1].map((n) =>
            restartDelayMs(n, settings, chance),
          );
          const full = restartDelayMs(restarts, settings, 0);
          expect(next).toBeGreaterThanOrEqual(now ?? Number.NaN);
          expect(now).toBeLessThanOrEqual(settings.restartCapMs);
          expect(now).toBeGreaterThanOrEqual(Math.floor(full * 0.9));
          expect(now).toBeLessThanOrEqual(full);
        },
      ),
    );
  });

  it('orders what fell at the same time by its restarts: the steady one comes back first', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, chance) => {
        // A tenth of jitter never turns a doubling round.
        if (n + 1 > 6) return;
        expect(restartDelayMs(n, settings, 0)).toBeLessThan(
          restartDelayMs(n + 1, settings, chance),
        );
      }),
    );
  });
});

describe('restarts that count', () => {
  it.each([
    ['a run of ten minutes wipes them out', minutes(10), 0],
    ['a shorter run does not', minutes(10) - 1, 4],
  ])('%s', (_, ranMs, counted) => {
    const it_ = container({ startedAt: noon - ranMs, finishedAt: noon });
    expect(countedRestarts(4, it_, settings)).toBe(counted);
  });

  it('stay where it never ran, or is not there', () => {
    expect(countedRestarts(4, container({ startedAt: null }), settings)).toBe(4);
    expect(countedRestarts(4, null, settings)).toBe(4);
  });
});

describe('why it ended', () => {
  const outage: Outage = { from: noon - seconds(5), to: noon + seconds(5) };
  const hand = (at: number, containerId = 'c1'): EnvironmentRecord['handStop'] => ({
    containerId,
    at,
  });
  const intent = (
    cause: StopCause,
    at: number,
    startedAt: number | null = noon - minutes(60),
  ): EnvironmentRecord['stopIntent'] => ({ containerId: 'c1', startedAt, cause, at, until: at });
  const ran = (cause: EndCause): EnvironmentRecord['lastRun'] => ({
    containerId: 'c1',
    startedAt: noon - minutes(60),
    digest: '',
    end: { cause, exitCode: 1, at: noon, watched: true },
  });
  const cases: readonly {
    readonly what: string;
    readonly container?: Partial<ObservedContainer>;
    readonly handStop?: EnvironmentRecord['handStop'];
    readonly stopIntent?: EnvironmentRecord['stopIntent'];
    readonly lastRun?: EnvironmentRecord['lastRun'];
    readonly oomSeen?: EnvironmentRecord['oomSeen'];
    readonly outages?: readonly Outage[];
    readonly kind: ReturnType<typeof endOf>['cause'];
  }[] = [
    { what: 'exit 0', container: { exitCode: 0 }, kind: 'completed' },
    { what: 'exit 1', kind: 'failed' },
    { what: 'the kernel', container: { oomKilled: true, exitCode: 137 }, kind: 'out-of-memory' },
    {
      what: 'the kernel, though the flag is not set',
      container: { exitCode: 137 },
      oomSeen: { containerId: 'c1', at: noon - seconds(2) },
      kind: 'out-of-memory',
    },
    {
      what: 'somebody, an hour after the kernel ended one of its processes',
      container: { exitCode: 137 },
      oomSeen: { containerId: 'c1', at: noon - minutes(50) },
      kind: 'failed',
    },
    {
      what: 'itself with a code, an hour after the kernel ended one of its processes, where the flag stays',
      container: { exitCode: 7, oomKilled: true },
      oomSeen: { containerId: 'c1', at: noon - minutes(50) },
      kind: 'failed',
    },
    {
      what: 'itself with a code, because the kernel ended one of its processes',
      container: { exitCode: 1, oomKilled: true },
      oomSeen: { containerId: 'c1', at: noon - seconds(2) },
      kind: 'out-of-memory',
    },
    {
      what: 'itself, although the kernel ended one of its processes',
      container: { exitCode: 0, oomKilled: true },
      kind: 'completed',
    },
    {
      what: 'us, for its health',
      container: { exitCode: 0 },
      stopIntent: intent('unhealthy', noon),
      kind: 'unhealthy',
    },
    {
      what: 'us, for its health, while the daemon went down',
      stopIntent: intent('unhealthy', noon),
      outages: [outage],
      kind: 'unhealthy',
    },
    ...(
      ['down', 'idle', 'lifetime', 'state', 'recreate', 'restart', 'rm', 'prune'] as const
    ).flatMap((cause) =>
      [0, 7, 137, 143].map((exitCode) => ({
        what: `us, for ${cause}, with exit code ${exitCode}`,
        container: { exitCode },
        stopIntent: intent(cause, noon - seconds(1)),
        kind: cause,
      })),
    ),
    {
      what: 'itself, a moment before we asked for its end',
      container: { exitCode: 0 },
      stopIntent: intent('down', noon + 1),
      kind: 'completed',
    },
    {
      what: 'us, of which version 0.1 had no more than the hold',
      container: { exitCode: 143 },
      stopIntent: intent('down', noon, null),
      kind: 'down',
    },
    {
      what: 'itself, as an earlier pass saw',
      container: { exitCode: 1 },
      lastRun: ran('failed'),
      stopIntent: intent('down', noon + 1),
      kind: 'failed',
    },
    {
      what: 'docker stop, of which the event came after an earlier pass',
      container: { exitCode: 143 },
      lastRun: ran('failed'),
      handStop: hand(noon),
      kind: 'stopped-outside',
    },
    {
      what: 'itself, as an earlier pass saw before the engine went down',
      container: { exitCode: 0 },
      lastRun: ran('completed'),
      outages: [outage],
      kind: 'completed',
    },
    {
      what: 'the engine, of which an earlier pass saw no more than a docker stop',
      container: { exitCode: 143 },
      lastRun: ran('stopped-outside'),
      outages: [outage],
      kind: 'interrupted',
    },
    {
      what: 'the engine, which a docker stop of another came before',
      container: { exitCode: 143, startedAt: noon - seconds(20) },
      outages: [{ from: noon - seconds(2), endsFrom: noon - seconds(40), to: noon + seconds(9) }],
      kind: 'interrupted',
    },
    {
      what: 'itself, in a run after the one that was ended for its health',
      stopIntent: intent('unhealthy', noon - minutes(61), noon - minutes(90)),
      kind: 'failed',
    },
    { what: 'docker stop', handStop: hand(noon), kind: 'stopped-outside' },
    {
      what: 'docker stop, told a second after the end',
      handStop: hand(noon + seconds(1)),
      kind: 'stopped-outside',
    },
    {
      what: 'its own fault, an hour after a docker stop',
      handStop: hand(noon - minutes(61)),
      kind: 'failed',
    },
    { what: 'docker stop of another container', handStop: hand(noon, 'c0'), kind: 'failed' },
    { what: 'a daemon that went down', outages: [outage], kind: 'interrupted' },
    {
      what: 'a daemon that went down, which looks like a docker stop',
      outages: [outage],
      handStop: hand(noon),
      kind: 'interrupted',
    },
    {
      what: 'a daemon that ended it when it came back',
      outages: [{ from: noon - minutes(9), to: noon - seconds(15) }],
      kind: 'interrupted',
    },
    {
      what: 'itself, well before the daemon went',
      outages: [{ from: noon + seconds(3), to: noon + minutes(1) }],
      kind: 'failed',
    },
    {
      what: 'itself, long after the daemon came back',
      outages: [{ from: noon - minutes(9), to: noon - minutes(5) }],
      kind: 'failed',
    },
    {
      what: 'a daemon that came up again, after it was last seen before this began',
      container: { startedAt: noon - seconds(2) },
      outages: [{ ...outage, isBoot: true }],
      kind: 'interrupted',
    },
    {
      what: 'itself, having begun only after the daemon went',
      container: { startedAt: noon - seconds(2) },
      outages: [outage],
      kind: 'failed',
    },
  ];
  it.each(cases)(
    '$what: $kind',
    ({
      container: over,
      handStop = null,
      stopIntent = null,
      lastRun = null,
      oomSeen = null,
      outages = [],
      kind,
    }) => {
      const known = { handStop, stopIntent, oomSeen, lastRun };
      expect(endOf(container(over), known, { outages, watchedSince: 0 }).cause).toBe(kind);
    },
  );

  it('is told for a container that never ran, too', () => {
    const never = observed(container().config, { state: 'exited', startedAt: null, exitCode: 0 });
    const known = { handStop: null, stopIntent: null, oomSeen: null, lastRun: null };
    expect(endOf(never, known, { outages: [outage], watchedSince: 0 }).cause).toBe('completed');
  });
});
