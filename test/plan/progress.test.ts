import { describe, expect, it } from 'vitest';
import {
  attemptsWith,
  brakeMs,
  heldBack,
  pictureOf,
  type Attempt,
} from '../../controller/plan/progress.ts';
import type { Step } from '../../controller/model/step.ts';
import { scene, type Scene } from '../support/plan-builders.ts';

const told = { reason: 'NoProgress', message: 'nothing changes' } as const;

const takenOften = (times: number, what = 'a step', at = 0): readonly Attempt[] => {
  let attempts: readonly Attempt[] = [];
  for (let i = 0; i < times; i += 1) attempts = attemptsWith(attempts, { what, at, ...told });
  return attempts;
};

describe('the brake', () => {
  it('lets a step follow twice at once, then once in 1, 2, 4 … 60 seconds', () => {
    const delays = [1, 2, 3, 4, 5, 9, 1000].map((times) => brakeMs({ times }));
    expect(delays).toEqual([0, 0, 1000, 2000, 4000, 60_000, 60_000]);
  });

  it('leaves at most five turns of a step for the minute after the first ten seconds', () => {
    let at = 0;
    const turns: number[] = [];
    for (let times = 1; at < 70_000; times += 1) {
      turns.push(at);
      at += brakeMs({ times });
    }
    expect(turns.filter((turn) => turn >= 10_000).length).toBeLessThanOrEqual(5);
  });

  it('holds the same step back, and no other', () => {
    const attempts = takenOften(4, 'a step', 1000);
    expect(heldBack(attempts, 'a step', 1500)).toMatchObject({ leftMs: 1500, attempt: told });
    expect(heldBack(attempts, 'a step', 3000)).toBe(null);
    expect(heldBack(attempts, 'another step', 1500)).toBe(null);
  });

  it('holds nobody for longer where the clock was set back', () => {
    expect(heldBack(takenOften(3, 'a step', 1_000_000), 'a step', 0)?.leftMs).toBe(1000);
  });

  it('counts two steps that undo each other, and forgets what lies long back', () => {
    let attempts: readonly Attempt[] = [];
    for (const what of ['a', 'b', 'a', 'b', 'a', 'b']) {
      attempts = attemptsWith(attempts, { what, at: 0, ...told });
    }
    expect(attempts.map(({ what, times }) => [what, times])).toEqual([
      ['b', 3],
      ['a', 3],
    ]);
    for (let i = 0; i < 20; i += 1)
      attempts = attemptsWith(attempts, { what: `${i}`, at: 0, ...told });
    expect(attempts.length).toBe(8);
  });
});

describe('the picture that a step follows from', () => {
  const of = (changed: Scene['container'] = {}, record: Scene['record'] = {}): string => {
    const container = { state: 'exited', startedAt: 5, finishedAt: 6, ...changed } as const;
    const input = scene({ container, record });
    const [seen] = input.snapshot.kind === 'known' ? input.snapshot.containers : [];
    const step: Step = {
      kind: 'start',
      containerId: seen?.id ?? '',
      seed: null,
      secrets: null,
      binds: [],
      why: 'it should run',
    };
    return pictureOf(step, input);
  };

  it('is another one as soon as the container ran, or a person asks', () => {
    expect(of()).toBe(of());
    for (const other of [
      of({ startedAt: 7 }),
      of({ finishedAt: 8 }),
      of({ error: 'no such file' }),
      of({ state: 'created' }),
      of({}, { generation: 9 }),
      of({}, { restartRequestedAt: 3 }),
      of({}, { repairRequestedAt: 3 }),
    ]) {
      expect(other).not.toBe(of());
    }
    expect(of({}, { restarts: 4 })).toBe(of());
  });
});
