import { describe, expect, it } from 'vitest';
import { createStopper } from '../../controller/act/stopper.ts';
import { failed, ok, type Result } from '../../controller/model/failure.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const bench = () => {
  const clock = createSimulatedClock();
  const asked: { readonly id: string; readonly graceMs: number }[] = [];
  const ends: (readonly [string, string | null])[] = [];
  const answers: ((result: Result<void>) => void)[] = [];
  const stopper = createStopper({
    clock,
    onEnd: (key, failure) => void ends.push([key, failure]),
    writer: {
      stop: (id, graceMs) => {
        asked.push({ id, graceMs });
        return new Promise((resolve) => answers.push(resolve));
      },
    },
  });
  const answer = async (result: Result<void>): Promise<void> => {
    answers.shift()?.(result);
    await clock.settle();
  };
  return { clock, asked, ends, stopper, answer };
};

const request = { key: 'p/a', containerId: 'c1', graceMs: 5000 };

describe('the stopper', () => {
  it('waits for nothing where nobody was asked, as the host is frozen', async () => {
    const { stopper, ends, answer } = bench();
    stopper.begin(request);
    await answer(failed('frozen', 'frozen by ada'));
    expect(stopper.inFlight('p/a')).toBe(false);
    expect(ends).toEqual([['p/a', null]]);
  });

  it('asks once, and says when it came back', async () => {
    const { stopper, asked, ends, answer } = bench();
    stopper.begin(request);
    stopper.begin(request);
    expect(asked).toEqual([{ id: 'c1', graceMs: 5000 }]);
    expect(stopper.inFlight('p/a')).toBe(true);
    expect(stopper.inFlight('p/b')).toBe(false);
    await answer(ok(undefined));
    expect(stopper.inFlight('p/a')).toBe(false);
    expect(ends).toEqual([['p/a', null]]);
  });

  it('holds no other key up', () => {
    const { stopper, asked } = bench();
    stopper.begin(request);
    stopper.begin({ ...request, key: 'p/b', containerId: 'c2' });
    expect(asked.map(({ id }) => id)).toEqual(['c1', 'c2']);
  });

  it('takes a container that is gone for one that stopped', async () => {
    const { stopper, ends, answer } = bench();
    stopper.begin(request);
    await answer(failed('absent', 'no such container'));
    expect(ends).toEqual([['p/a', null]]);
  });

  it('does not ask again at once where the engine refused', async () => {
    const { clock, stopper, asked, ends, answer } = bench();
    stopper.begin(request);
    await answer(failed('retry', 'tried to kill container, but did not receive an exit event'));
    stopper.begin(request);
    expect([asked.length, ends.length]).toEqual([1, 0]);
    await clock.advance(5000);
    expect(ends).toEqual([['p/a', 'tried to kill container, but did not receive an exit event']]);
    stopper.begin(request);
    expect(asked).toHaveLength(2);
  });

  it('knows its own stops, until the container runs anew', async () => {
    const { stopper, answer } = bench();
    stopper.begin(request);
    expect([stopper.isOurs('c1'), stopper.isOurs('c2')]).toEqual([true, false]);
    await answer(ok(undefined));
    // Its event may come after the reply.
    expect(stopper.isOurs('c1')).toBe(true);
    stopper.runsAnew('c1');
    expect(stopper.isOurs('c1')).toBe(false);
  });

  it('is settled when none is in flight', async () => {
    const { clock, stopper, answer } = bench();
    await stopper.settled();
    stopper.begin(request);
    let settled = false;
    const waiting = stopper.settled().then(() => {
      settled = true;
    });
    await clock.settle();
    expect(settled).toBe(false);
    await answer(ok(undefined));
    await waiting;
    expect(settled).toBe(true);
  });
});
