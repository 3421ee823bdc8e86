import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAdmission } from '../../controller/admission/admission.ts';
import { noUsage, type AdmissionRequest, type Ledger } from '../../controller/admission/gate.ts';
import { collide } from '../../controller/admission/port-book.ts';
import { serves } from '../../controller/model/lease.ts';
import type { HostPort } from '../../controller/model/ports.ts';
import { reasons } from '../../controller/model/reason.ts';
import type { PortLease } from '../../controller/model/record.ts';
import { lease, ledger, path, quotas, request } from '../support/admission-builders.ts';

const names = ['a', 'b', 'c', 'd', 'e'] as const;
const hostIp = fc.constantFrom('127.0.0.1', '0.0.0.0', '10.0.0.1');
const wish = fc.record({
  container: fc.integer({ min: 80, max: 83 }),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  host: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 20_000, max: 20_006 })),
  hostIp,
});

const anyRequests = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 1 })
  .chain((environments) =>
    fc.tuple(
      ...environments.map((environment) =>
        fc
          .record({
            requestedAt: fc.nat(3),
            ports: fc.uniqueArray(wish, {
              maxLength: 3,
              selector: ({ container, protocol }) => `${container}/${protocol}`,
            }),
            cpus: fc.constantFrom(0, 0.1, 1, 2.5),
            memoryBytes: fc.constantFrom(0, 2 ** 29, 2 ** 31),
            held: fc.constantFrom(noUsage, { ...noUsage, containers: 1 }),
          })
          .map((over) => request({ ...over, environment })),
      ),
    ),
  );

/** As the record has them: no two collide. */
const anyLeases = fc
  .array(fc.record({ environment: fc.constantFrom(...names, 'other'), wish }), { maxLength: 6 })
  .map((all) =>
    all.reduce<readonly PortLease[]>((kept, { environment, wish: { host, ...rest } }) => {
      const next = lease({
        ...rest,
        environment,
        host: host === 'auto' ? 20_006 : host,
        auto: host === 'auto',
      });
      return kept.some((one) => collide(address(one), address(next))) ? kept : [...kept, next];
    }, []),
  );

const anyLedger: fc.Arbitrary<Ledger> = fc
  .record({
    leases: anyLeases,
    limits: fc.record({
      maxContainers: fc.option(fc.nat(10)),
      maxCpuCores: fc.option(fc.constantFrom(0, 0.3, 3, 8)),
      maxMemoryGb: fc.option(fc.constantFrom(0, 2, 4.5)),
    }),
    used: fc.record({
      // What a request holds is part of it.
      containers: fc.integer({ min: 4, max: 7 }),
      cpus: fc.constantFrom(0, 0.2, 1),
      memoryBytes: fc.constantFrom(0, 2 ** 30),
      gpus: fc.constant(0),
    }),
    busy: fc.array(
      fc.record({
        hostIp,
        port: fc.integer({ min: 20_000, max: 20_006 }),
        protocol: fc.constant('tcp' as const),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ leases, limits, used, busy }) =>
    ledger({
      leases,
      busy,
      quotas: quotas(limits),
      usage: new Map([[path, used]]),
      autoPorts: { from: 20_000, to: 20_006 },
    }),
  );

const runs = { numRuns: 1000 };

describe('admission, whatever is asked', () => {
  it('answers each request once, independent of the order in which they stand', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        const answers = decideAdmission(requests, from);
        expect(decideAdmission([...requests].reverse(), from)).toEqual(answers);
        expect(new Set(answers.map(({ key }) => key)).size).toBe(requests.length);
      }),
      runs,
    );
  });

  it('never gives one port to two', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        const leases = leasesAfter(requests, from);
        leases.forEach((one, index) => {
          for (const other of leases.slice(index + 1)) {
            expect(collide(address(one), address(other))).toBe(false);
          }
        });
      }),
      runs,
    );
  });

  it('gives each port that was asked for, and none that is bound by somebody else', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        for (const { request: asked, leases } of granted(requests, from)) {
          expect(leases).toHaveLength(asked.wish.ports.length);
          for (const port of asked.wish.ports) {
            expect(leases.some((one) => serves(one, port))).toBe(true);
          }
          for (const one of leases.filter((each) => !from.leases.includes(each))) {
            expect(from.busy.some((other) => collide(other, address(one)))).toBe(false);
          }
        }
      }),
      runs,
    );
  });

  it('keeps a port that was given before and is still asked for', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        for (const { request: asked, leases } of granted(requests, from)) {
          const fixed = asked.wish.ports.filter(({ host }) => host !== 'auto');
          for (const port of asked.wish.ports) {
            const before = from.leases.find(
              (one) => one.environment === asked.environment && serves(one, port),
            );
            // Only the file itself may name it for another of its ports.
            const named = fixed.some(
              (other) =>
                other !== port &&
                before !== undefined &&
                collide(address(before), {
                  hostIp: other.hostIp,
                  port: Number(other.host),
                  protocol: other.protocol,
                }),
            );
            if (before !== undefined && !named) {
              expect(
                leases.some(
                  ({ host, container }) => host === before.host && container === before.container,
                ),
              ).toBe(true);
            }
          }
        }
      }),
      runs,
    );
  });

  it('never passes a quota', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        const limits = from.quotas.get(path);
        const used = from.usage.get(path) ?? noUsage;
        const grants = granted(requests, from).map((grant) => grant.request);
        const check = (limit: number | null | undefined, before: number, asked: number[]): void => {
          const more = asked.reduce((sum, each) => sum + each, 0);
          if (limit === null || limit === undefined || more === 0) return;
          expect(before + more).toBeLessThanOrEqual(limit + 1e-9);
        };
        check(
          limits?.maxContainers,
          used.containers,
          grants.map((g) => 1 - g.held.containers),
        );
        check(
          limits?.maxCpuCores,
          used.cpus,
          grants.map((g) => g.cpus ?? 0),
        );
        check(
          limits?.maxMemoryGb,
          used.memoryBytes / 2 ** 30,
          grants.map((g) => (g.memoryBytes ?? 0) / 2 ** 30),
        );
      }),
      runs,
    );
  });

  it('says why wherever it does not grant', () => {
    fc.assert(
      fc.property(anyRequests, anyLedger, (requests, from) => {
        for (const answer of decideAdmission(requests, from)) {
          if (answer.kind === 'grant') continue;
          expect(reasons[answer.reason].kind).toBe('wait');
          expect(answer.message).not.toBe('');
        }
      }),
      runs,
    );
  });
});

interface Grant {
  readonly request: AdmissionRequest;
  readonly leases: readonly PortLease[];
}

const granted = (requests: readonly AdmissionRequest[], from: Ledger): readonly Grant[] =>
  decideAdmission(requests, from).flatMap((answer) => {
    const asked = requests.find(({ key }) => key === answer.key);
    return answer.kind === 'grant' && asked !== undefined
      ? [{ request: asked, leases: answer.leases }]
      : [];
  });

const leasesAfter = (requests: readonly AdmissionRequest[], from: Ledger): readonly PortLease[] => {
  const grants = granted(requests, from);
  const served = new Set(grants.map((grant) => grant.request.environment));
  return [
    ...from.leases.filter(({ environment }) => !served.has(environment)),
    ...grants.flatMap(({ leases }) => leases),
  ];
};

function address({ hostIp: ip, host, protocol }: PortLease): HostPort {
  return { hostIp: ip, port: host, protocol };
}
