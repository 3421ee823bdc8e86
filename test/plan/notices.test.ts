import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { NoticeRecord, Trouble } from '../../controller/model/notice.ts';
import {
  decideNotices,
  giveUpMs,
  holdDownMs,
  matches,
  nextTry,
  perReceiver,
  perSubject,
  recoveryMs,
} from '../../controller/plan/notices.ts';
import { receiver, told, trouble } from '../support/notice-builders.ts';

const decide = (
  now: number,
  troubles: readonly Trouble[],
  more: {
    readonly told?: readonly NoticeRecord[];
    readonly receivers?: ReturnType<typeof receiver>[];
  } = {},
) => {
  const { add, close, nextAt } = decideNotices({
    now,
    troubles,
    told: more.told ?? [],
    receivers: more.receivers ?? [receiver()],
  });
  return {
    add: add.map(
      ({ receiver: name, event, trouble: { reason } }) => `${event} ${reason} to ${name}`,
    ),
    close: close.map(({ reason }) => reason),
    nextAt,
  };
};

const nothing = { add: [], close: [], nextAt: null };
const hour = 3_600_000;

describe('a failure', () => {
  it('is told when it has lasted', () => {
    expect(decide(holdDownMs - 1, [trouble()])).toEqual({ ...nothing, nextAt: holdDownMs });
    expect(decide(holdDownMs, [trouble()]).add).toEqual(['failure Failed to lab-chat']);
  });

  it('is told once', () => {
    const once = trouble();
    expect(decide(hour, [once], { told: [told(once)] })).toEqual(nothing);
  });

  it('is told to everybody who asks for it, and to one who asks later', () => {
    const one = trouble();
    const receivers = [
      receiver(),
      receiver({ name: 'calm', events: ['recovery'] }),
      receiver({ name: 'speech', projects: ['speech*'] }),
      receiver({ name: 'new', projects: ['x', 'vis*n'] }),
    ];
    expect(decide(hour, [one], { receivers, told: [told(one)] }).add).toEqual([
      'failure Failed to new',
    ]);
  });

  it('that becomes another one is told again, once that has lasted too', () => {
    const was = trouble();
    const is = trouble({ reason: 'BackOff', likeness: 'x', changedAt: 100_000 });
    const before = { told: [told(was)] };
    expect(decide(100_001, [is], before)).toEqual({ ...nothing, nextAt: 100_000 + holdDownMs });
    expect(decide(120_000, [is], before).add).toEqual(['failure BackOff to lab-chat']);
    expect(decide(120_000, [is], { told: [told(was), told(is)] })).toEqual(nothing);
    // Back to the first: known.
    const back = trouble({ changedAt: 130_000 });
    expect(decide(200_000, [back], { told: [told(was), told(is)] })).toEqual(nothing);
  });

  it('that changes all the time is told nevertheless', () => {
    const restless = trouble({ changedAt: 14_000 });
    expect(decide(holdDownMs, [restless]).add).toHaveLength(1);
  });

  it('is over when it has been well for a while', () => {
    const over = trouble({ wellAt: 100_000, wellReason: 'Running' });
    const before = { told: [told(over)] };
    const due = 100_000 + recoveryMs;
    expect(decide(due - 1, [over], before)).toEqual({ ...nothing, nextAt: due });
    expect(decide(due, [over], before)).toEqual({
      add: ['recovery Failed to lab-chat'],
      close: ['Failed'],
      nextAt: null,
    });
  });

  it('is over in silence for who was not told, or asks for no recovery', () => {
    const over = trouble({ wellAt: 0 });
    const receivers = [receiver({ events: ['failure'] }), receiver({ name: 'new' })];
    expect(decide(recoveryMs, [over], { receivers, told: [told(over)] })).toEqual({
      ...nothing,
      close: ['Failed'],
    });
  });
});

describe('what changes often', () => {
  const times = [1000, 60_000, 120_000];
  const before = times.map((at, index) => told(trouble({ openedAt: at }), { id: index, at }));

  it('is told so often an hour, and says so the last time', () => {
    const now = 200_000;
    const { add } = decideNotices({
      now,
      troubles: [trouble({ openedAt: now - holdDownMs })],
      told: before.slice(0, perSubject - 1),
      receivers: [receiver()],
    });
    expect(add).toMatchObject([{ quietUntil: 1000 + hour }]);
    const first = decideNotices({
      now: holdDownMs,
      troubles: [trouble()],
      told: [],
      receivers: [receiver()],
    });
    expect(first.add).toMatchObject([{ quietUntil: null }]);
  });

  it('is told when there is room again, if it still fails', () => {
    const again = trouble({ openedAt: 150_000 });
    expect(decide(200_000, [again], { told: before })).toEqual({ ...nothing, nextAt: 1000 + hour });
    expect(decide(1000 + hour, [again], { told: before }).add).toHaveLength(1);
  });

  it('does not keep others from being told', () => {
    const other = trouble({ subject: 'environment:p1/web', openedAt: 150_000 });
    expect(decide(200_000, [other], { told: before }).add).toHaveLength(1);
  });

  it('of all together is no more than a person reads', () => {
    const troubles = Array.from({ length: perReceiver + 20 }, (_, index) =>
      trouble({ subject: `environment:p1/e${index}` }),
    );
    const { add, nextAt } = decide(holdDownMs, troubles);
    expect(add).toHaveLength(perReceiver);
    expect(nextAt).toBe(holdDownMs + hour);
  });

  it('may always tell that it is over', () => {
    const over = trouble({ openedAt: 120_000, wellAt: 130_000 });
    const recoveries = before.map((one) => ({ ...one, event: 'recovery' as const }));
    const all = [...before, ...recoveries];
    expect(decide(200_000, [over], { told: all }).add).toEqual(['recovery Failed to lab-chat']);
  });
});

test('what waits for a person is told, and its end is not', () => {
  const waits = trouble({ kind: 'pending', reason: 'UpdatePending' });
  expect(decide(holdDownMs, [waits]).add).toEqual(['pending UpdatePending to lab-chat']);
  expect(decide(holdDownMs, [waits], { told: [told(waits)] })).toEqual(nothing);
});

test('asked again with what it said written down, it says nothing, whatever happened', () => {
  const anyTrouble = fc.record({
    subject: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('failure' as const, 'pending' as const),
    openedAt: fc.integer({ min: 0, max: hour }),
    likeness: fc.constantFrom('x', 'y'),
    wellAt: fc.option(fc.integer({ min: 0, max: hour })),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(anyTrouble, { selector: ({ subject, kind }) => `${subject} ${kind}` }),
      fc.integer({ min: 0, max: 2 * hour }),
      (some, now) => {
        const troubles = some.map((one) =>
          trouble({ ...one, wellAt: one.kind === 'pending' ? null : one.wellAt }),
        );
        const receivers = [receiver(), receiver({ name: 'b', events: ['failure'] })];
        const first = decideNotices({ now, troubles, told: [], receivers });
        const written = first.add.map(({ trouble: of, receiver: name, event }, id) =>
          told(of, { id, receiver: name, event, at: now }),
        );
        const open = troubles.filter((one) => !first.close.includes(one));
        const second = decideNotices({ now, troubles: open, told: written, receivers });
        expect([second.add, second.close]).toEqual([[], []]);
        expect(second.nextAt === null || second.nextAt > now).toBe(true);
      },
    ),
  );
});

test.each([
  ['vision', 'vision', true],
  ['vision', 'vision2', false],
  ['vision*', 'vision2', true],
  ['*', '', true],
  ['*sion', 'vision', true],
  ['v*s*n', 'vision', true],
  ['v*n*n', 'vin', false],
  ['aa*aa', 'aaa', false],
  ['a.c', 'abc', false],
])('%s matches %s: %s', (pattern, text, isSo) => {
  expect(matches(pattern, text)).toBe(isSo);
});

describe('a notice that nobody took', () => {
  const next = (attempts: number, now: number, fraction = 0.5): number | null =>
    nextTry({ at: 0, attempts, now, fraction });

  it('is tried again after a time that grows to an hour', () => {
    expect([1, 2, 3, 10, 11, 30].map((attempts) => next(attempts, 0))).toEqual([
      5000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000,
    ]);
    expect([next(1, 0, 0), next(1, 0, 0.999)]).toEqual([4000, 5998]);
  });

  it('is given up after a day', () => {
    expect(next(30, giveUpMs - hour)).toBe(giveUpMs);
    expect(next(30, giveUpMs - hour + 1)).toBeNull();
    // The controller may have been away for longer.
    expect(next(1, 10 * giveUpMs)).toBeNull();
  });
});
