import { describe, expect, it } from 'vitest';
import { decideAdmission } from '../../controller/admission/admission.ts';
import { noUsage, type Person, type Usage } from '../../controller/admission/gate.ts';
import { ledger, quota, request, told } from '../support/admission-builders.ts';
import { anyLimits, person } from '../support/people-builders.ts';

const a = '/srv/a';
const b = '/srv/b';

const of = (
  who: Person,
  requests: readonly Parameters<typeof request>[0][],
  rows: readonly ReturnType<typeof quota>[] = [],
): readonly string[] =>
  decideAdmission(
    requests.map((one) => request({ cpus: 1, ...one })),
    ledger({
      owners: new Map([
        [a, who],
        [b, who],
      ]),
      quotas: new Map(rows.map((row) => [row.projectPath, row])),
    }),
  ).map(told);

const inA = { projectId: 'p1', projectPath: a };
const inB = { projectId: 'speech', projectPath: b };
const uses = (name: string, over: Partial<Usage>): Person['uses'] =>
  new Map([[`p1/${name}` as const, { name: `vision/${name}`, usage: { ...noUsage, ...over } }]]);

describe('a person', () => {
  it('has one sum over all projects, and hears whose limit it is and who has it', () => {
    const alice = person({
      limits: anyLimits({ cpus: { limit: 2, from: 'limit of group students' } }),
      uses: uses('train', { cpus: 2 }),
    });
    expect(of(alice, [{ ...inB, environment: 'asr' }])).toEqual([
      'wait QuotaExceeded: alice has 2 of 2 CPU cores in use (vision/train) and this needs 1; limit of group students',
    ]);
    expect(of(alice, [{ ...inB, cpus: 3 }])).toEqual([
      'wait QuotaExceeded: this needs 3 CPU cores and alice may have 2 in all; limit of group students',
    ]);
    expect(of(alice, [{ ...inB, cpus: null }])).toEqual([
      "wait QuotaExceeded: alice's quota counts CPU cores, and the file sets no limit: say cpus in mlenv.yaml; limit of group students",
    ]);
  });

  it('has each grant counted before the next request, whatever project it is in', () => {
    const alice = person({ limits: anyLimits({ cpus: { limit: 2, from: 'limit of alice' } }) });
    const asked = [
      { ...inA, environment: 'x', requestedAt: 1 },
      { ...inB, environment: 'y', requestedAt: 2 },
      { ...inB, environment: 'z', requestedAt: 3 },
    ];
    const expected = [
      'grant',
      'grant',
      'wait QuotaExceeded: alice has 2 of 2 CPU cores in use (speech/y, vision/x) and this needs 1; limit of alice',
    ];
    expect(of(alice, asked)).toEqual(expected);
    expect(of(alice, asked.toReversed())).toEqual(expected);
  });

  it('keeps what runs where the limit was lowered below it, and gets no more', () => {
    const alice = person({
      limits: anyLimits({ cpus: { limit: 1, from: 'limit of alice' } }),
      uses: uses('train', { cpus: 4, containers: 1 }),
    });
    const held = { ...noUsage, cpus: 4, containers: 1 };
    expect(of(alice, [{ ...inA, environment: 'train', cpus: 4, held }])).toEqual(['grant']);
    expect(of(alice, [{ ...inA, environment: 'train', cpus: 5, held }])[0]).toContain('wait');
  });

  it('is not asked for what a project has a budget of its own for', () => {
    const alice = person({
      limits: anyLimits({ cpus: { limit: 0, from: 'limit of alice' } }),
    });
    const row = quota({ projectPath: a, maxCpuCores: 2, overrides: { cpus: 'set' } });
    const asked = [
      { ...inA, environment: 'x', requestedAt: 1 },
      { ...inA, environment: 'y', requestedAt: 2 },
      { ...inA, environment: 'z', requestedAt: 3 },
      { ...inB, environment: 'other', requestedAt: 4 },
    ];
    expect(of(alice, asked, [row])).toEqual([
      'grant',
      'grant',
      'wait QuotaExceeded: the project has 2 of 2 CPU cores in use and this needs 1; its own budget',
      'wait QuotaExceeded: this needs 1 CPU cores and alice may have 0 in all; limit of alice',
    ]);
  });

  it('is told of the three that use most, and how many more', () => {
    const alice = person({
      limits: anyLimits({ cpus: { limit: 10, from: 'limit of alice' } }),
      uses: new Map(
        [1, 4, 2, 3].map((cpus) => [
          `p1/e${cpus}` as const,
          { name: `vision/e${cpus}`, usage: { ...noUsage, cpus } },
        ]),
      ),
    });
    expect(of(alice, [inB])[0]).toContain('(vision/e4, vision/e3, vision/e2 and 1 more)');
  });
});
