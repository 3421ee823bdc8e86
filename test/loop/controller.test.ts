import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createController, type PassReport } from '../../controller/loop/controller.ts';
import type { Outcome } from '../../controller/loop/outcome.ts';
import { PassAborted } from '../../controller/loop/pass.ts';
import { createSeededRandom } from '../support/random.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

type Reconcile = (key: string, signal: AbortSignal) => Promise<Outcome>;

const setUp = (reconcile: Reconcile, workers = 2) => {
  const clock = createSimulatedClock();
  const reports: PassReport[] = [];
  const controller = createController({
    name: 'test',
    workers,
    reconcile,
    clock,
    random: { fraction: () => 0.5 },
    onOutcome: (report) => reports.push(report),
  });
  controller.start();
  return { clock, controller, reports };
};

const always =
  (outcome: Outcome): Reconcile =>
  async () =>
    outcome;

/** A pass that stays open until its key is let go. */
const gate = () => {
  const open = new Map<string, (outcome: Outcome) => void>();
  const signals = new Map<string, AbortSignal>();
  const overlaps: string[] = [];
  const reconcile: Reconcile = (key, signal) =>
    new Promise((resolve) => {
      if (open.has(key)) overlaps.push(key);
      signals.set(key, signal);
      open.set(key, (outcome) => {
        open.delete(key);
        resolve(outcome);
      });
    });
  return { open, signals, overlaps, reconcile };
};

const done: Outcome = { kind: 'done' };

describe('the outcome switch', () => {
  it.each<[Outcome, number | null]>([
    [{ kind: 'done' }, null],
    [{ kind: 'lookAgain', afterMs: 7000 }, 7000],
    [{ kind: 'waiting', reason: 'QuotaExceeded', afterMs: 9000 }, 9000],
    [{ kind: 'waiting', reason: 'ImagePulling', afterMs: null }, null],
    [{ kind: 'retry', message: 'refused' }, 500],
    [{ kind: 'terminal', message: 'never' }, null],
  ])('%j comes back in %s ms', async (outcome, againInMs) => {
    const { clock, controller, reports } = setUp(always(outcome));
    controller.enqueue('a');
    await clock.settle();
    expect(reports).toMatchObject([{ controller: 'test', key: 'a', outcome, againInMs }]);
    expect(controller.stats()).toMatchObject({
      passes: 1,
      panics: 0,
      delayed: againInMs === null ? 0 : 1,
      outcomes: { [outcome.kind]: 1 },
    });
    await clock.advance((againInMs ?? 3_600_000) - 1);
    expect(reports).toHaveLength(1);
    await clock.advance(1);
    expect(reports).toHaveLength(againInMs === null ? 1 : 2);
  });

  it('waits longer after each failure, and begins anew after a success', async () => {
    let outcome: Outcome = { kind: 'retry', message: 'refused' };
    const { clock, controller, reports } = setUp(async () => outcome);
    controller.enqueue('a');
    await clock.advance(500 + 1000);
    expect(reports.map(({ attempts, againInMs }) => [attempts, againInMs])).toEqual([
      [1, 500],
      [2, 1000],
      [3, 2000],
    ]);
    outcome = done;
    await clock.advance(2000);
    outcome = { kind: 'retry', message: 'refused' };
    controller.enqueue('a');
    await clock.settle();
    expect(reports.at(-1)).toMatchObject({ attempts: 1, againInMs: 500 });
  });

  it('makes an exception a retry, counts it, and goes on with other keys', async () => {
    const { clock, controller, reports } = setUp(async (key) => {
      if (key === 'bad') throw new TypeError('undefined is not a function');
      return done;
    }, 1);
    controller.enqueue('bad');
    controller.enqueue('good');
    await clock.settle();
    expect(reports.map(({ key, outcome }) => [key, outcome.kind])).toEqual([
      ['bad', 'retry'],
      ['good', 'done'],
    ]);
    expect(reports[0]?.panic).toBeInstanceOf(TypeError);
    expect(controller.stats().panics).toBe(1);
  });

  it('survives a synchronous throw and a hook that throws', async () => {
    const clock = createSimulatedClock();
    const controller = createController({
      name: 'test',
      workers: 1,
      reconcile: (key) => {
        if (key === 'sync') throw new Error('at once');
        return Promise.resolve(done);
      },
      clock,
      random: createSeededRandom(1),
      onOutcome: () => {
        throw new Error('the log is full');
      },
    });
    controller.start();
    controller.enqueue('sync');
    controller.enqueue('b');
    await clock.settle();
    expect(controller.stats()).toMatchObject({ passes: 2, panics: 3 });
  });

  it('makes the last delay void when a trigger came first', async () => {
    const { clock, controller, reports } = setUp(always({ kind: 'lookAgain', afterMs: 1000 }));
    controller.enqueue('a');
    await clock.advance(900);
    controller.enqueue('a');
    await clock.advance(900);
    expect(reports).toHaveLength(2);
    await clock.advance(100);
    expect(reports).toHaveLength(3);
  });

  it('keeps a delay that somebody else asked for', async () => {
    const { clock, controller, reports } = setUp(always(done));
    controller.enqueueAfter('a', 1000);
    controller.enqueue('a');
    await clock.advance(999);
    expect(reports).toHaveLength(1);
    await clock.advance(1);
    expect(reports).toHaveLength(2);
  });
});

describe('workers', () => {
  it('work on as many keys at once as there are workers, and never twice on one', async () => {
    const { open, overlaps, reconcile } = gate();
    const { clock, controller } = setUp(reconcile, 2);
    for (const key of ['a', 'b', 'c', 'a']) controller.enqueue(key);
    await clock.settle();
    controller.enqueue('a');
    await clock.settle();
    expect([...open.keys()]).toEqual(['a', 'b']);
    open.get('a')?.(done);
    await clock.settle();
    expect([...open.keys()]).toEqual(['b', 'c']);
    open.get('b')?.(done);
    await clock.settle();
    expect([...open.keys()]).toEqual(['c', 'a']);
    expect(overlaps).toEqual([]);
  });

  it('free a worker at the time limit but keep the key locked until its pass has ended', async () => {
    const { open, signals, overlaps, reconcile } = gate();
    const { clock, controller, reports } = setUp(reconcile, 1);
    controller.enqueue('stuck');
    controller.enqueue('next');
    await clock.advance(59_999);
    expect([...open.keys()]).toEqual(['stuck']);
    await clock.advance(1);
    expect(signals.get('stuck')?.reason).toMatchObject({ why: 'time-limit' });
    expect([...open.keys()]).toEqual(['stuck', 'next']);
    controller.enqueue('stuck');
    open.get('next')?.(done);
    await clock.settle();
    expect([...open.keys()]).toEqual(['stuck']);
    open.get('stuck')?.(done);
    await clock.settle();
    expect(reports.map(({ key }) => key)).toEqual(['next', 'stuck']);
    expect([...open.keys()]).toEqual(['stuck']);
    expect(controller.stats().timeouts).toBe(1);
    expect(overlaps).toEqual([]);
  });

  it('tell a pass that ended for the time limit from a panic', async () => {
    const { clock, controller, reports } = setUp(
      (_key, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    controller.enqueue('a');
    await clock.advance(60_000);
    expect(reports[0]).toMatchObject({
      outcome: { kind: 'retry', message: 'took longer than 60 s' },
    });
    expect(controller.stats()).toMatchObject({ timeouts: 1, panics: 0 });
  });
});

describe('stop', () => {
  it('lets running passes finish, starts no further one and ends all delays', async () => {
    const { open, signals, reconcile } = gate();
    const { clock, controller, reports } = setUp(reconcile, 1);
    controller.enqueue('a');
    controller.enqueue('b');
    controller.enqueueAfter('c', 10);
    await clock.settle();
    const stopped = controller.stop();
    const reason: unknown = signals.get('a')?.reason;
    expect(reason).toBeInstanceOf(PassAborted);
    expect(reason).toMatchObject({ why: 'stopping' });
    open.get('a')?.({ kind: 'lookAgain', afterMs: 5 });
    expect(await stopped).toEqual([]);
    controller.enqueue('d');
    controller.enqueueAfter('e', 1);
    await clock.advance(60_000);
    expect(reports.map(({ key, againInMs }) => [key, againInMs])).toEqual([['a', null]]);
    expect(clock.timers).toBe(0);
  });

  it('gives up on a pass at the deadline and names it', async () => {
    const { reconcile } = gate();
    const { clock, controller } = setUp(reconcile);
    controller.enqueue('stuck');
    await clock.settle();
    const stopped = controller.stop(5000);
    await clock.advance(5000);
    expect(await stopped).toEqual(['stuck']);
  });
});

describe('idle', () => {
  it('resolves when nothing waits or runs and no delay ends within the given time', async () => {
    const outcomes: Outcome[] = [
      { kind: 'lookAgain', afterMs: 100 },
      { kind: 'lookAgain', afterMs: 5000 },
    ];
    const { clock, controller } = setUp(async () => outcomes.shift() ?? done);
    let idle = 0;
    controller.enqueue('a');
    void controller.idle(1000).then(() => (idle = clock.now()));
    const from = clock.now();
    await clock.advance(99);
    expect(idle).toBe(0);
    await clock.advance(1);
    expect(idle).toBe(from + 100);
  });

  it('resolves at once on a fresh controller, and for those who wait at stop', async () => {
    const { reconcile } = gate();
    const { clock, controller } = setUp(reconcile);
    await controller.idle();
    controller.enqueue('stuck');
    await clock.settle();
    const waiting = controller.idle();
    const stopped = controller.stop(1);
    await waiting;
    await clock.advance(1);
    await stopped;
  });
});

it('replays exactly: the same seed and triggers give the same passes at the same times', async () => {
  const run = async (seed: number): Promise<readonly string[]> => {
    const clock = createSimulatedClock(0);
    const random = createSeededRandom(seed);
    const trace: string[] = [];
    const controller = createController({
      name: 'replay',
      workers: 3,
      clock,
      random,
      reconcile: async () => {
        for (let i = 0; i < random.fraction() * 5; i += 1) await Promise.resolve();
        const chance = random.fraction();
        if (chance < 0.3) return { kind: 'retry', message: 'chance' };
        if (chance < 0.4) throw new Error('chance');
        return chance < 0.7 ? { kind: 'lookAgain', afterMs: 50 } : done;
      },
      onOutcome: ({ key, outcome, againInMs }) =>
        trace.push(`${clock.now()} ${key} ${outcome.kind} ${againInMs}`),
    });
    controller.start();
    for (let i = 0; i < 40; i += 1) {
      controller.enqueue(`key${Math.floor(random.fraction() * 6)}`, {
        low: random.fraction() < 0.5,
      });
      await clock.advance(random.fraction() * 100);
    }
    const stopping = controller.stop();
    await clock.advance(10_000);
    await stopping;
    return trace;
  };
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const first = await run(seed);
      expect(first.length).toBeGreaterThan(0);
      expect(await run(seed)).toEqual(first);
    }),
    { numRuns: 20 },
  );
});
