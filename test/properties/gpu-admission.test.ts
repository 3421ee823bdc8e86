import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAdmission } from '../../controller/admission/admission.ts';
import type {
  AdmissionAnswer,
  AdmissionRequest,
  Ledger,
  PoolDevice,
} from '../../controller/admission/gate.ts';
import type { GpuWish } from '../../controller/model/gpu.ts';
import { ledger, quotas, request } from '../support/admission-builders.ts';
import { oneCard } from '../support/plan-builders.ts';
import { device, pool, twoBoards } from '../support/pool-builders.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

const anyWish: fc.Arbitrary<GpuWish> = fc.record({
  count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant('all' as const)),
  memory: fc.constant(null),
  models: fc.constantFrom<readonly string[]>([], ['h100'], ['L40']),
  devices: fc.constantFrom<readonly string[]>([], ['0', '1'], ['GPU-3']),
  mig: fc.constantFrom(null, null, '1g.10gb'),
  sharing: fc.constantFrom('exclusive' as const, 'exclusive' as const, 'shared' as const),
  optional: fc.boolean(),
});

const anyRequests: fc.Arbitrary<readonly AdmissionRequest[]> = fc
  .subarray([...names], { minLength: 1 })
  .chain((some) =>
    fc.tuple(
      ...some.map((environment) =>
        fc
          .record({
            gpus: fc.option(anyWish, { nil: null }),
            priority: fc.constantFrom(0, 0, -10),
            requestedAt: fc.nat(3),
          })
          .map((over) => request({ ...over, environment })),
      ),
    ),
  );

const anyDevice = (index: number): fc.Arbitrary<PoolDevice> =>
  fc
    .record({
      kind: fc.constantFrom('free', 'free', 'held', 'blocked', 'shared', 'slice'),
      holder: fc.constantFrom(...names, 'other'),
      small: fc.boolean(),
    })
    .map(({ kind, holder, small }) => {
      const held = {
        key: `p1/${holder}` as const,
        name: `vision/${holder}`,
        since: index,
        sharing: kind === 'shared' ? ('shared' as const) : ('exclusive' as const),
      };
      return device(index, {
        ...(small ? { model: 'NVIDIA L40S', memoryBytes: 2 ** 35 } : {}),
        ...(kind === 'held' || kind === 'shared' ? { holders: [held] } : {}),
        ...(kind === 'blocked' ? { blocked: 'cordoned by root' } : {}),
        ...(kind === 'shared' ? { slots: 2 } : {}),
        ...(kind === 'slice'
          ? { id: `MIG-${index}`, gpuUuid: `GPU-${index}`, mig: '1g.10gb' }
          : {}),
      });
    });

const anyLedger: fc.Arbitrary<Ledger> = fc
  .record({
    devices: fc.tuple(...[0, 1, 2, 3, 4, 5].map(anyDevice)),
    order: fc.constantFrom('strict' as const, 'best-effort' as const),
    now: fc.nat(6),
  })
  .map(({ devices, order, now }) =>
    ledger({ pool: pool(devices, twoBoards), queue: { order, reserveAfterMs: 2 }, now }),
  );

const runs = { numRuns: 1500 };

const grantsOf = (answers: readonly AdmissionAnswer[]) =>
  answers.flatMap((answer) => (answer.kind === 'grant' ? [answer] : []));

describe('cards, whatever is asked', () => {
  it('go to nobody twice, and never beyond what may share them', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        const users = new Map<string, Set<string>>();
        for (const { key, gpus } of grantsOf(decideAdmission(requests, from))) {
          for (const { gpuUuid, migUuid, sharing } of gpus) {
            const id = migUuid ?? gpuUuid;
            const found = from.pool.devices.find((one) => one.id === id);
            expect(found).toBeDefined();
            if (found === undefined) continue;
            const others = found.holders.filter((holder) => holder.key !== key);
            // Who keeps what it holds is on it once.
            const now = users.get(id) ?? new Set(found.holders.map((holder) => holder.name));
            users.set(id, now.add(`vision/${key.slice(3)}`));
            if (others.length === found.holders.length) expect(found.blocked).toBeNull();
            expect(now.size).toBeLessThanOrEqual(found.slots);
            expect(sharing === 'shared').toBe(found.slots > 1);
          }
        }
      }),
      runs,
    );
  });

  it('are as many, and of the kind, that was asked for', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        for (const { key, gpus } of grantsOf(decideAdmission(requests, from))) {
          const asked = requests.find((one) => one.key === key)?.wish.gpus ?? null;
          if (asked === null || (asked.optional && gpus.length === 0)) {
            expect(gpus).toEqual([]);
            continue;
          }
          if (asked.count !== 'all') expect(gpus).toHaveLength(asked.count);
          for (const { migUuid } of gpus) expect(migUuid !== null).toBe(asked.mig !== null);
        }
      }),
      runs,
    );
  });

  it('and waits are answered the same in whatever order they are asked, each with its reason', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        const answers = decideAdmission(requests, from);
        expect(decideAdmission(requests.toReversed(), from)).toEqual(answers);
        for (const answer of answers) {
          if (answer.kind === 'wait') expect(answer.message).not.toBe('');
        }
      }),
      runs,
    );
  });
});

describe("a project's cards", () => {
  it('never pass its quota by a grant', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, fc.nat(4), (requests, from, maxGpus) => {
        const grants = grantsOf(
          decideAdmission(requests, { ...from, quotas: quotas({ maxGpus }) }),
        );
        expect(grants.flatMap(({ gpus }) => gpus).length).toBeLessThanOrEqual(maxGpus);
      }),
      runs,
    );
  });
});

describe('nobody starves', () => {
  /** Small ones keep coming and run for a few rounds each; a large one asks in the middle of them. */
  const roundsUntilGranted = (
    order: 'strict' | 'best-effort',
    {
      cards,
      large,
      lifeRounds,
      perRound,
    }: Record<'cards' | 'large' | 'lifeRounds' | 'perRound', number>,
  ): number => {
    const running = new Map<string, { until: number; devices: readonly string[]; since: number }>();
    let waiting: AdmissionRequest[] = [];
    let born = 0;
    for (let now = 0; now < 500; now += 1) {
      for (const [key, { until }] of running) if (until <= now) running.delete(key);
      if (now === 5) {
        waiting.push(
          request({ environment: 'large', requestedAt: now, gpus: { ...oneCard, count: large } }),
        );
      }
      for (let i = 0; i < perRound; i += 1) {
        born += 1;
        waiting.push(request({ environment: `s${born}`, requestedAt: now, gpus: oneCard }));
      }
      const devices = Array.from({ length: cards }, (_, index) =>
        device(index, {
          holders: [...running]
            .filter(([, { devices: held }]) => held.includes(`GPU-${index}`))
            .map(([key, { since }]) => ({
              key: key as AdmissionRequest['key'],
              name: key,
              since,
              sharing: 'exclusive' as const,
            })),
        }),
      );
      const answers = decideAdmission(
        waiting,
        ledger({ pool: pool(devices), queue: { order, reserveAfterMs: 3 }, now }),
      );
      for (const { key, gpus } of grantsOf(answers)) {
        if (key === 'p1/large') return now - 5;
        running.set(key, {
          until: now + 1 + (born % lifeRounds),
          devices: gpus.map(({ gpuUuid }) => gpuUuid),
          since: now,
        });
        waiting = waiting.filter((one) => one.key !== key);
      }
    }
    return Infinity;
  };

  it.each(['strict', 'best-effort'] as const)('under %s', (order) => {
    fc.assert(
      fc.property(
        fc.record({
          cards: fc.integer({ min: 2, max: 6 }),
          lifeRounds: fc.integer({ min: 1, max: 6 }),
          perRound: fc.integer({ min: 1, max: 4 }),
        }),
        ({ cards, lifeRounds, perRound }) => {
          const rounds = roundsUntilGranted(order, { cards, large: cards, lifeRounds, perRound });
          // Those that came before may still take a turn; then whatever runs ends within one life.
          expect(rounds).toBeLessThanOrEqual(3 + 7 * (perRound + 2) * (lifeRounds + 1));
        },
      ),
      { numRuns: 60 },
    );
  });
});
