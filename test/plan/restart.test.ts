import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedContainer } from '../../controller/model/container.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { Outage } from '../../controller/model/snapshot.ts';
import { countedRestarts, endingOf, restartDelayMs } from '../../controller/plan/restart.ts';
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
  const cases: readonly {
    readonly what: string;
    readonly container?: Partial<ObservedContainer>;
    readonly handStop?: EnvironmentRecord['handStop'];
    readonly cure?: EnvironmentRecord['cure'];
    readonly oomSeen?: EnvironmentRecord['oomSeen'];
    readonly outages?: readonly Outage[];
    readonly kind: ReturnType<typeof endingOf>['kind'];
  }[] = [
    { what: 'exit 0', container: { exitCode: 0 }, kind: 'success' },
    { what: 'exit 1', kind: 'error' },
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
      kind: 'error',
    },
    {
      what: 'itself, although the kernel ended one of its processes',
      container: { exitCode: 0, oomKilled: true },
      kind: 'success',
    },
    {
      what: 'us, for its health',
      container: { exitCode: 0 },
      cure: { containerId: 'c1', of: 'unhealthy', at: noon },
      kind: 'cure',
    },
    {
      what: 'us, for its health, while the daemon went down',
      cure: { containerId: 'c1', of: 'unhealthy', at: noon },
      outages: [outage],
      kind: 'interrupted',
    },
    {
      what: 'itself, in a run after the one that was ended for its health',
      cure: { containerId: 'c1', of: 'unhealthy', at: noon - minutes(61) },
      kind: 'error',
    },
    { what: 'docker stop', handStop: hand(noon), kind: 'by-hand' },
    {
      what: 'docker stop, told a second after the end',
      handStop: hand(noon + seconds(1)),
      kind: 'by-hand',
    },
    {
      what: 'its own fault, an hour after a docker stop',
      handStop: hand(noon - minutes(61)),
      kind: 'error',
    },
    { what: 'docker stop of another container', handStop: hand(noon, 'c0'), kind: 'error' },
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
      kind: 'error',
    },
    {
      what: 'itself, long after the daemon came back',
      outages: [{ from: noon - minutes(9), to: noon - minutes(5) }],
      kind: 'error',
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
      kind: 'error',
    },
  ];
  it.each(cases)(
    '$what: $kind',
    ({ container: over, handStop = null, cure = null, oomSeen = null, outages = [], kind }) => {
      expect(endingOf(container(over), { handStop, cure, oomSeen }, outages).kind).toBe(kind);
    },
  );

  it('is told for a container that never ran, too', () => {
    const never = observed(container().config, { state: 'exited', startedAt: null, exitCode: 0 });
    expect(endingOf(never, { handStop: null, cure: null, oomSeen: null }, [outage]).kind).toBe(
      'success',
    );
  });
});
