import { describe, expect, it } from 'vitest';
import { createPuller, type Puller } from '../../controller/act/puller.ts';
import { failed, ok, type Result } from '../../controller/model/failure.ts';
import type { PullProgress } from '../../controller/model/ports.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

interface Pull {
  readonly image: string;
  readonly progress: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
  end(result?: Result<void>): Promise<void>;
}

/** An engine whose pulls go on until the test ends them. */
const bench = (freeBytes: () => number | null = () => null) => {
  const clock = createSimulatedClock();
  const pulls: Pull[] = [];
  const rung: (readonly string[])[] = [];
  const puller: Puller = createPuller({
    clock,
    freeBytes,
    onChange: (keys) => void rung.push(keys),
    writer: {
      pull: (image, progress, signal) =>
        new Promise((resolve) => {
          const settle = (result: Result<void>): void => resolve(result);
          signal.addEventListener('abort', () => settle(failed('retry', 'cancelled')));
          pulls.push({
            image,
            progress,
            signal,
            end: (result = ok(undefined)) => {
              settle(result);
              return clock.settle();
            },
          });
        }),
    },
  });
  const last = (): Pull => {
    const pull = pulls.at(-1);
    if (pull === undefined) throw new Error('nothing is pulled');
    return pull;
  };
  return { clock, pulls, rung, puller, last };
};

const noSuch = failed('retry', 'no such image');

describe('the puller', () => {
  it('takes it for no failure that the host is frozen', async () => {
    const { puller, rung, last } = bench();
    puller.begin('a', 'p/a');
    await last().end(failed('frozen', 'frozen by ada'));
    expect(puller.state('a')).toBe(null);
    expect(rung).toEqual([['p/a']]);
  });

  it('breaks off what the disk has no room for, and says so', async () => {
    let free = 5 * 2 ** 30;
    const { puller, last, clock } = bench(() => free);
    puller.begin('a', 'p/a');
    const one = last();
    one.progress({ doneBytes: 0, totalBytes: 5 * 2 ** 30 });
    expect(puller.state('a')).toMatchObject({ kind: 'pulling' });
    free = 2 ** 30;
    one.progress({ doneBytes: 2 ** 30, totalBytes: 5 * 2 ** 30 });
    await clock.settle();
    expect(one.signal.aborted).toBe(true);
    expect(puller.state('a')).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/4 GB are still to be loaded, and 1 GB are free/) as string,
    });
  });

  it('pulls two images at a time, the rest in the order in which they were asked for', async () => {
    const { puller, pulls } = bench();
    for (const image of ['a', 'b', 'c', 'd']) puller.begin(image, `p/${image}`);
    expect(pulls.map(({ image }) => image)).toEqual(['a', 'b']);
    expect(puller.state('d')).toEqual({
      kind: 'pulling',
      image: 'd',
      doneBytes: 0,
      totalBytes: 0,
    });
    await pulls[1]?.end();
    await pulls[0]?.end(noSuch);
    expect(pulls.map(({ image }) => image)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('pulls an image once for all who wait, and tells them all', async () => {
    const { puller, pulls, rung, last } = bench();
    puller.begin('a', 'p/1');
    puller.begin('a', 'p/2');
    expect(pulls).toHaveLength(1);
    await last().end();
    expect(rung).toEqual([['p/1', 'p/2']]);
    expect(puller.state('a')).toEqual({ kind: 'done', image: 'a' });
  });

  it('tells those, too, who found the pull under way and had none to begin', async () => {
    const { puller, rung, last } = bench();
    puller.begin('a', 'p/1');
    puller.want('p/2', 'a');
    await last().end();
    expect(rung).toEqual([['p/1', 'p/2']]);
  });

  it('shows how far it is, and rings for it once a second at most', async () => {
    const { puller, clock, rung, last } = bench();
    puller.begin('a', 'p/1');
    last().progress({ doneBytes: 1, totalBytes: 4 });
    expect(puller.state('a')).toMatchObject({ doneBytes: 1, totalBytes: 4 });
    expect(rung).toEqual([]);
    await clock.advance(1000);
    last().progress({ doneBytes: 2, totalBytes: 4 });
    last().progress({ doneBytes: 3, totalBytes: 4 });
    expect(rung).toEqual([['p/1']]);
    expect(puller.state('a')).toMatchObject({ doneBytes: 3 });
  });

  it('says when a failed pull is tried again: 10 s, doubling, up to five minutes', async () => {
    const { puller, clock, last } = bench();
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      puller.begin('a', 'p/1');
      await last().end(noSuch);
      const state = puller.state('a');
      if (state?.kind !== 'failed') throw new Error('the pull failed');
      expect(state.message).toBe('no such image');
      waits.push((state.retryAt - clock.now()) / 1000);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('ends a pull that nobody wants any more, and begins anew when it is wanted again', async () => {
    const { puller, clock, pulls, rung } = bench();
    puller.begin('a', 'p/1');
    puller.begin('a', 'p/2');
    puller.want('p/1', 'b');
    expect(pulls[0]?.signal.aborted).toBe(false);
    puller.want('p/2', null);
    expect(pulls[0]?.signal.aborted).toBe(true);
    expect(puller.state('a')).toBeNull();

    puller.begin('a', 'p/1');
    await clock.settle();
    expect(pulls).toHaveLength(2);
    // The end of the first one is no news of the second.
    expect(puller.state('a')).toMatchObject({ kind: 'pulling' });
    expect(rung).toEqual([]);
  });

  it('drops a pull that had not begun when nobody wants it any more', async () => {
    const { puller, pulls } = bench();
    for (const image of ['a', 'b', 'c']) puller.begin(image, 'p/1');
    puller.begin('c', 'p/2');
    puller.want('p/1', 'a');
    puller.want('p/2', null);
    await pulls[0]?.end();
    expect(pulls.map(({ image }) => image)).toEqual(['a', 'b']);
  });

  it('begins once where a pull that waits is dropped and wanted again', async () => {
    const { puller, pulls } = bench();
    for (const image of ['a', 'b', 'c']) puller.begin(image, `p/${image}`);
    puller.want('p/c', null);
    puller.begin('c', 'p/c');
    await pulls[0]?.end();
    await pulls[1]?.end();
    expect(pulls.map(({ image }) => image)).toEqual(['a', 'b', 'c']);
  });

  it('goes on where its key still wants the same image', () => {
    const { puller, last } = bench();
    puller.begin('a', 'p/1');
    puller.want('p/1', 'a');
    expect(last().signal.aborted).toBe(false);
  });

  it('is used up by a create, so that pull: always pulls anew', async () => {
    const { puller, last } = bench();
    puller.begin('a', 'p/1');
    puller.used('a');
    expect(puller.state('a')).toMatchObject({ kind: 'pulling' });
    await last().end();
    puller.used('a');
    expect(puller.state('a')).toBeNull();
  });

  it('keeps the failure of an image although a create of another was carried out', async () => {
    const { puller, last } = bench();
    puller.begin('a', 'p/1');
    await last().end(noSuch);
    puller.used('a');
    expect(puller.state('a')).toMatchObject({ kind: 'failed' });
  });

  it('ends everything and begins nothing when it is stopped', async () => {
    const { puller, clock, pulls, rung } = bench();
    for (const image of ['a', 'b', 'c']) puller.begin(image, 'p/1');
    puller.stop();
    await clock.settle();
    expect(pulls.map(({ image, signal }) => [image, signal.aborted])).toEqual([
      ['a', true],
      ['b', true],
    ]);
    expect(rung).toEqual([]);
  });
});
