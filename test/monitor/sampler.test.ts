import { expect, test } from 'vitest';
import { createSampler } from '../../controller/monitor/sampler.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const given = (everyMs: number | null = 30_000) => {
  const clock = createSimulatedClock();
  const started: number[] = [];
  const errors: unknown[] = [];
  const signals: AbortSignal[] = [];
  const state = { everyMs, end: (): void | Promise<void> => {} };
  const from = clock.now();
  const sampler = createSampler({
    clock,
    everyMs: () => state.everyMs,
    pass: async (signal) => {
      signals.push(signal);
      started.push((clock.now() - from) / 1000);
      await state.end();
    },
    onError: (error) => errors.push(error),
  });
  return { clock, sampler, started, errors, signals, state };
};

test('one pass at once, then one an interval, until it is stopped', async () => {
  const { clock, sampler, started } = given();
  sampler.start();
  await clock.advance(95_000);
  expect(started).toEqual([0, 30, 60, 90]);
  sampler.stop();
  await clock.advance(95_000);
  expect([started.length, clock.timers]).toEqual([4, 0]);
});

test('a pass that takes long is never joined by another, and none is made up for', async () => {
  const { clock, sampler, started, state } = given();
  let release = (): void => {};
  state.end = () =>
    new Promise<void>((resolve) => {
      release = resolve;
    });
  sampler.start();
  await clock.advance(100_000);
  expect(started).toEqual([0]);
  release();
  state.end = () => {};
  await clock.advance(25_000);
  expect(started).toEqual([0, 120]);
});

test('a pass that fails is told, and the next one comes', async () => {
  const { clock, sampler, started, errors, state } = given();
  state.end = () => Promise.reject(new Error('disk full'));
  sampler.start();
  await clock.advance(30_000);
  expect([started, errors.map(String)]).toEqual([
    [0, 30],
    ['Error: disk full', 'Error: disk full'],
  ]);
});

test('a pass under way when it is stopped is told so, and its failure is nobody’s any more', async () => {
  const { clock, sampler, state, errors, signals } = given();
  let fail = (): void => {};
  state.end = () =>
    new Promise<void>((_, reject) => {
      fail = () => reject(new Error('the record is closed'));
    });
  sampler.start();
  expect(signals[0]?.aborted).toBe(false);
  sampler.stop();
  expect(signals[0]?.aborted).toBe(true);
  fail();
  await clock.settle();
  expect(errors).toEqual([]);
});

test('off takes none; a change of the configuration counts at once, and no change sets nothing back', async () => {
  const { clock, sampler, started, state } = given(null);
  sampler.start();
  await clock.advance(100_000);
  expect(started).toEqual([]);
  state.everyMs = 10_000;
  sampler.apply();
  await clock.advance(8000);
  sampler.apply();
  await clock.advance(2000);
  expect(started).toEqual([110]);
  state.everyMs = null;
  sampler.apply();
  await clock.advance(100_000);
  expect(started).toEqual([110]);
});
