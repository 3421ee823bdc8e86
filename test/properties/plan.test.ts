import { hasSwappedMount } from '../../controller/plan/stop.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../controller/model/plan.ts';
import type { Step } from '../../controller/model/step.ts';
import { check } from '../../controller/plan/check.ts';
import { isLive, type PlanInput } from '../../controller/plan/input.ts';
import { plan } from '../../controller/plan/plan.ts';
import { predict } from '../../controller/plan/predict.ts';
import { anyInput } from '../support/plan-arbitraries.ts';
import { leasesFor, noon } from '../support/plan-builders.ts';

const runs = { numRuns: 1000 };

describe('a plan, whatever is found', () => {
  it('keeps every promise that check knows', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(check(plan(input), input)).toEqual([]);
      }),
      runs,
    );
  });

  it('is empty for what is suspended', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(plan({ ...input, holds: [...input.holds, 'suspend'] }).steps).toEqual([]);
      }),
      runs,
    );
  });

  it('is empty where nothing was seen, forgets nothing and asks for nothing', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const blind = plan({ ...input, snapshot: { kind: 'unknown', why: 'no answer' } });
        expect(blind).toMatchObject({ steps: [], patch: {}, forget: false, needsGrant: false });
      }),
      runs,
    );
  });

  it('does not depend on the order in which containers were seen', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { snapshot } = input;
        if (snapshot.kind === 'unknown') return;
        const reversed = { ...snapshot, containers: [...snapshot.containers].reverse() };
        expect(plan({ ...input, snapshot: reversed })).toEqual(plan(input));
      }),
      runs,
    );
  });

  it('says why wherever it takes no step, in words that are no deadline', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const decided = plan(input);
        expect(decided.explanation.length).toBeGreaterThan(0);
        expect(decided.message).not.toBe('');
        const later = plan({ ...input, now: input.now + 1 });
        if (later.reason === decided.reason) expect(later.message).toBe(decided.message);
      }),
      runs,
    );
  });

  it('comes to rest, and what it announced is what the passes then did', () => {
    fc.assert(
      fc.property(anyInput, (first) => {
        const announced = plan(first).steps.map(({ kind }) => kind);
        const { done, rest } = carryOut(first);
        expect(rest.steps).toEqual([]);
        expect(done.slice(0, announced.length)).toEqual(announced);
      }),
      runs,
    );
  });

  it.each(['Frozen', 'Observing'] as const)('has no step on a host that is %s', (reason) => {
    fc.assert(
      fc.property(anyInput, (from) => {
        const { steps, forget } = plan({ ...from, frozen: { reason, message: 'by ada' } });
        expect({ steps, forget }).toEqual({ steps: [], forget: false });
      }),
      runs,
    );
  });

  it('ends with what was wished, where nothing stands in the way', () => {
    fc.assert(
      fc.property(anyInput, (from) => {
        const { wish, snapshot } = from;
        if (wish.kind !== 'wanted' || snapshot.kind === 'unknown') return;
        const { health } = wish.environment;
        const environment = {
          ...wish.environment,
          updates: 'auto',
          state: 'running',
          // What never gets well is never left alone.
          health: health === null ? null : { ...health, onUnhealthy: 'report' as const },
        } as const;
        const input: PlanInput = {
          ...from,
          wish: { kind: 'wanted', environment },
          holds: [],
          ownerChanged: false,
          untrusted: null,
          secretTrouble: null,
          frozen: null,
          policy: { opened: [], faults: [] },
          idle: { judged: null, heldText: '', cardsUntil: null },
          record: {
            ...from.record,
            nextAttemptAt: null,
            restarts: 0,
            // What hands did is repaired, whatever the file has said of it.
            repairRequestedAt: from.now,
          },
          snapshot: {
            ...snapshot,
            containers: snapshot.containers.filter(({ state }) => state !== 'removing'),
            inFlight: null,
            nameHolder: null,
            network: 'present',
            image: 'unseen',
            pull: { kind: 'done', image: environment.image },
            dependencies: [],
          },
        };
        const { rest } = carryOut(input);
        expect(['Running', 'Healthy', 'Starting', 'Unhealthy', ...ends]).toContain(rest.reason);
        if (!ends.includes(rest.reason)) {
          expect(rest.phase).toMatch(/^running/);
          expect(rest.changes).toEqual([]);
        }
      }),
      runs,
    );
  });
});

/** Ends of a run, which its restart rule takes for good. */
const ends = ['Completed', 'Failed', 'OutOfMemory', 'TimedOut', 'Interrupted', 'StartFailed'];

describe('a protected training', () => {
  it('is stopped by nothing but a person, where its file asks for no cure', () => {
    fc.assert(
      fc.property(anyInput, (from) => {
        const { snapshot } = from;
        const main = snapshot.kind === 'known' ? snapshot.containers[0] : undefined;
        if (main === undefined || snapshot.kind === 'unknown' || !isLive(main)) return;
        if (hasSwappedMount(main, from.record)) return;
        const input: PlanInput = {
          ...from,
          snapshot: { ...snapshot, containers: [main] },
          wish:
            from.wish.kind === 'wanted'
              ? {
                  kind: 'wanted',
                  environment: {
                    ...from.wish.environment,
                    updates: 'manual',
                    onGpuLost: 'report',
                    health: null,
                    timeoutMs: null,
                  },
                }
              : from.wish,
          record: {
            ...from.record,
            raw: { updates: 'manual' },
            approval: null,
            restartRequestedAt: null,
          },
          holds: from.holds.filter((kind) => ['suspend', 'rebuilt', 'unstarted'].includes(kind)),
        };
        const harmful = plan(input).steps.filter(
          ({ kind }) => !['update', 'disconnect', 'unpause', 'pull'].includes(kind),
        );
        expect(harmful).toEqual([]);
      }),
      runs,
    );
  });
});

/** Passes over a world where every step succeeds, grants come when asked for and time passes. */
const carryOut = (first: PlanInput): { readonly done: Step['kind'][]; readonly rest: Plan } => {
  let input = first;
  const done: Step['kind'][] = [];
  for (let pass = 0; pass < 60; pass += 1) {
    const decided = plan(input);
    const [step] = decided.steps;
    const { snapshot, wish } = input;
    if (snapshot.kind === 'unknown') return { done, rest: decided };
    if (step !== undefined) {
      done.push(step.kind);
      input = {
        ...input,
        record: {
          ...input.record,
          ...decided.patch,
          phase: decided.phase,
          ...(step.kind === 'create' ? { containerId: 'to-be-created' } : {}),
        },
        snapshot: predict(snapshot, step, input.now),
      };
    } else if (decided.needsGrant && wish.kind === 'wanted') {
      input = {
        ...input,
        leases: leasesFor(wish.environment),
        record: { ...input.record, phase: decided.phase, grantedAt: noon },
      };
    } else return { done, rest: decided };
  }
  return { done, rest: plan(input) };
};
