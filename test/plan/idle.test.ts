import { describe, expect, it } from 'vitest';
import {
  defaultIdle,
  defaultIdleConfig,
  type IdleRecord,
  type UsagePoint,
} from '../../controller/model/idle.ts';
import { idleSince, isLookDue, judgeIdle, type IdleInput } from '../../controller/plan/idle.ts';
import { minutes, noon } from '../support/plan-builders.ts';

/** One a minute, the newest first, of what `at` says of that many minutes ago. */
const samples = (
  count: number,
  at: (minutesAgo: number) => Partial<UsagePoint> = () => ({}),
): readonly UsagePoint[] =>
  Array.from({ length: count }, (_, index) => ({
    at: noon - minutes(index),
    cpuPercent: 0,
    gpuPercent: 0,
    networkBytes: 1000,
    ...at(index),
  }));

const input = (over: Partial<IdleInput> = {}): IdleInput => ({
  projectId: 'p1',
  environment: 'book',
  containerId: 'c1',
  startedAt: noon - minutes(600),
  wish: defaultIdle,
  quiet: defaultIdle,
  maxLifetimeMs: null,
  hasCards: true,
  scarce: false,
  samples: samples(300),
  everyMs: minutes(1),
  looks: [],
  waits: false,
  before: null,
  config: defaultIdleConfig,
  now: noon,
  ...over,
});

describe('since when nobody uses it', () => {
  const since = (points: readonly UsagePoint[], over: Partial<IdleInput> = {}) =>
    idleSince(input({ samples: points, ...over }), defaultIdle);

  it.each([
    ['gpu', { gpuPercent: 5 }],
    ['cpu', { cpuPercent: 2 }],
    ['network', { networkBytes: 1000 - 2 ** 20 }],
  ] as const)('%s ends the walk back', (use, point) => {
    const busyAt = (ago: number) => samples(60, (each) => (each >= ago ? point : {}));
    expect(since(busyAt(10))).toEqual({ since: noon - minutes(9), use: null, goesOn: false });
    if (use !== 'network') expect(since(busyAt(0))).toMatchObject({ since: null, use });
  });

  it('the traffic of all the time that it is idle counts', () => {
    // 64 KB a minute: the sixteenth sample back is a megabyte away.
    const chatty = samples(60, (ago) => ({ networkBytes: 2 ** 30 - ago * 2 ** 16 }));
    expect(since(chatty)).toMatchObject({ since: noon - minutes(15), use: null });
  });

  it('counters that went back are another life', () => {
    const restarted = samples(60, (ago) => ({ networkBytes: ago < 5 ? 10 : 2 ** 30 }));
    expect(since(restarted)).toMatchObject({ since: noon - minutes(4) });
  });

  it('a sample that tells nothing is passed over, a long silence is not idleness', () => {
    expect(since(samples(60, (ago) => (ago === 3 ? { cpuPercent: null } : {})))).toMatchObject({
      since: noon - minutes(59),
    });
    const silent = samples(60, (ago) => (ago >= 3 && ago < 20 ? { cpuPercent: null } : {}));
    expect(since(silent)).toMatchObject({ since: noon - minutes(2), use: null });
    expect(since(samples(60, () => ({ gpuPercent: null })))).toMatchObject({
      since: null,
      use: 'unmeasured',
    });
  });

  it('what it has no card for is not asked', () => {
    const points = samples(60, () => ({ gpuPercent: null }));
    expect(since(points, { hasCards: false })).toMatchObject({ since: noon - minutes(59) });
  });

  it.each([
    ['two samples', { points: samples(2) }],
    ['none', { points: [] }],
    ['old ones', { points: samples(60).slice(20) }],
    ['no sampler', { points: samples(60), everyMs: null }],
  ])('%s prove nothing', (_, { points, ...over }) => {
    expect(since(points, over)).toMatchObject({ since: null, use: 'unmeasured' });
  });
});

describe('one look', () => {
  const quiet = (idleMinutes: number) =>
    samples(300, (ago) => (ago > idleMinutes ? { cpuPercent: 90 } : {}));
  const before = (over: Partial<IdleRecord>): IdleRecord => ({
    ...judgeIdle(input({ samples: quiet(50) }), null),
    ...over,
  });

  it('warns a quarter of an hour before, and keeps its word', () => {
    expect(judgeIdle(input({ samples: quiet(44) }), []).dueAt).toBeNull();
    const warned = judgeIdle(input({ samples: quiet(45) }), []);
    expect(warned.dueAt).toBe(noon + minutes(15));
    const later = input({ samples: quiet(50), now: noon, before: before({ dueAt: noon + 7 }) });
    expect(judgeIdle(later, []).dueAt).toBe(noon + 7);
  });

  it('gives the whole warning where it comes late', () => {
    expect(judgeIdle(input({ samples: quiet(200) }), []).dueAt).toBe(noon + minutes(15));
  });

  it('takes the warning back once it is used', () => {
    const warned = before({ dueAt: noon + 7 });
    expect(judgeIdle(input({ samples: quiet(3), before: warned }), []).dueAt).toBeNull();
    const seen = [{ by: 'jupyter', at: noon - minutes(20) }] as const;
    expect(judgeIdle(input({ samples: quiet(200), before: warned }), seen)).toMatchObject({
      dueAt: null,
      usedAt: noon - minutes(20),
      usedBy: 'jupyter',
    });
  });

  it('believes no clock of the container that goes before', () => {
    const seen = [{ by: 'jupyter', at: noon + minutes(600) }] as const;
    expect(judgeIdle(input(), seen)).toMatchObject({
      usedAt: noon,
      idleSince: null,
      use: 'jupyter',
    });
  });

  it('another container is another story, and the life goes on', () => {
    const old = before({ containerId: 'c0', dueAt: noon, livesSince: noon - minutes(900) });
    const startedAt = noon - minutes(5);
    expect(judgeIdle(input({ before: old, startedAt }), [])).toMatchObject({
      idleSince: startedAt,
      dueAt: null,
      livesSince: noon - minutes(900),
    });
  });

  it('has half the patience with cards where they are mostly taken', () => {
    const scarce = { scarce: true, samples: quiet(16) };
    expect(judgeIdle(input(scarce), []).dueAt).toBe(noon + minutes(15));
    expect(judgeIdle(input({ ...scarce, hasCards: false }), []).dueAt).toBeNull();
  });

  it('a long idleness has one beginning, however far back the walk goes', () => {
    const long = before({ idleSince: noon - minutes(500) });
    expect(judgeIdle(input({ before: long }), []).idleSince).toBe(noon - minutes(500));
  });

  it('keeps until then, and no longer', () => {
    const kept = before({ keepUntil: noon + 1, keptBy: 'ada' });
    expect(judgeIdle(input({ before: kept }), [])).toMatchObject({ dueAt: null, keptBy: 'ada' });
    const over = before({ keepUntil: noon, keptBy: 'ada' });
    expect(judgeIdle(input({ before: over }), [])).toMatchObject({
      dueAt: noon + minutes(15),
      keepUntil: null,
      keptBy: null,
    });
  });

  it.each([
    ['a life without end', { maxLifetimeMs: null }, null],
    ['long before its end', { maxLifetimeMs: minutes(616) }, null],
    ['soon', { maxLifetimeMs: minutes(610) }, noon + minutes(15)],
    ['where the end was missed', { maxLifetimeMs: minutes(60) }, noon + minutes(15)],
  ])('warns of the end of its life: %s', (_, over, endsAt) => {
    expect(judgeIdle(input(over), []).endsAt).toBe(endsAt);
  });

  it.each([
    ['one that is used', { samples: quiet(0) }, false],
    ['long before', { samples: quiet(44) }, false],
    ['before people are warned', { samples: quiet(45) }, true],
    ['where nothing is done', { wish: null }, false],
    ['a change that waits', { wish: null, waits: true }, true],
    ['a change that waits, too early', { wish: null, waits: true, samples: quiet(59) }, false],
  ])('looks inside where something would be done: %s', (_, over, due) => {
    const one = input(over);
    expect(isLookDue(judgeIdle(one, null), one)).toBe(due);
  });

  it('a change is made only once somebody looked', () => {
    const at = noon - minutes(1);
    expect(judgeIdle(input({ samples: quiet(50) }), null).quietAt).toBe(noon + minutes(10));
    const first = input({ samples: quiet(61), before: before({ quietAt: null }) });
    expect(judgeIdle(first, null).quietAt).toBeNull();
    expect(judgeIdle(first, []).quietAt).toBe(at);
    // It was looked into, and nothing has changed since.
    expect(judgeIdle({ ...first, before: before({ quietAt: at }) }, null).quietAt).toBe(at);
  });

  it('does not hold its own looks against it', () => {
    const points = samples(60, (ago) => (ago === 5 ? { cpuPercent: 2.5 } : {}));
    const looked = (looks: readonly number[]) =>
      idleSince(input({ samples: points, looks }), defaultIdle).since;
    expect(looked([])).toBe(noon - minutes(4));
    expect(looked([noon - minutes(5) - 100])).toBe(noon - minutes(59));
    expect(looked([noon - minutes(9)])).toBe(noon - minutes(4));
  });
});
