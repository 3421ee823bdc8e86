import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideAdmission } from '../../controller/admission/admission.ts';
import {
  noUsage,
  type AdmissionRequest,
  type Ledger,
  type Person,
  type Usage,
} from '../../controller/admission/gate.ts';
import { personLimits, type PersonFacts } from '../../controller/admission/limits.ts';
import { withoutOwn } from '../../controller/admission/people-book.ts';
import { environmentKey } from '../../controller/model/key.ts';
import {
  noLimits,
  quotaFields,
  type Limit,
  type Limits,
  type QuotaField,
} from '../../controller/model/quota.ts';
import { ledger, quota, request } from '../support/admission-builders.ts';

const paths = ['/a', '/b', '/c'] as const;
const gib = 2 ** 30;

const anyLimit = fc.oneof(
  fc.constant<Limit>(null),
  fc.constant<Limit>('unlimited'),
  fc.nat(4).map((count): Limit => count),
);
const someLimits: fc.Arbitrary<Limits> = fc.record({
  containers: anyLimit,
  cpus: anyLimit,
  memoryBytes: anyLimit.map((one) => (typeof one === 'number' ? one * gib : one)),
  gpus: fc.constant<Limit>(null),
});

const anyWorld = fc.record({
  /** Who owns each project. */
  owners: fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1)),
  members: fc.array(fc.subarray(['students', 'staff']), { minLength: 2, maxLength: 2 }),
  own: fc.array(fc.option(someLimits, { nil: noLimits }), { minLength: 2, maxLength: 2 }),
  groups: fc.record({ students: someLimits, staff: someLimits }),
  everybody: someLimits,
  overrides: fc.array(fc.subarray([...quotaFields]), { minLength: 3, maxLength: 3 }),
  rows: fc.array(
    fc.record({
      maxContainers: fc.option(fc.nat(3)),
      maxCpuCores: fc.option(fc.nat(4)),
      maxMemoryGb: fc.option(fc.nat(4)),
    }),
    { minLength: 3, maxLength: 3 },
  ),
  environments: fc.uniqueArray(
    fc.record({
      project: fc.nat(2),
      name: fc.constantFrom('x', 'y', 'z'),
      asks: fc.boolean(),
      requestedAt: fc.nat(3),
      cpus: fc.option(fc.constantFrom(0, 0.1, 1, 2)),
      memory: fc.option(fc.constantFrom(0, 0.5, 2)),
      heldCpus: fc.constantFrom(0, 1, 3),
      held: fc.boolean(),
    }),
    { minLength: 1, maxLength: 9, selector: ({ project, name }) => `${project}/${name}` },
  ),
});
type World = typeof anyWorld extends fc.Arbitrary<infer W> ? W : never;
type Place = World['environments'][number];

const heldOf = ({ held, heldCpus }: Place): Usage =>
  held ? { containers: 1, cpus: heldCpus, memoryBytes: heldCpus * gib, gpus: 0 } : noUsage;

const factsOf = (world: World, uid: number): PersonFacts => ({
  name: `user${uid}`,
  login: `user${uid}`,
  groups: world.members[uid] ?? null,
  own: world.own[uid] ?? noLimits,
  ofGroups: new Map(Object.entries(world.groups)),
});

const overridesOf = (world: World, project: number) =>
  Object.fromEntries((world.overrides[project] ?? []).map((field) => [field, 'set' as const]));

const build = (
  world: World,
): { readonly requests: readonly AdmissionRequest[]; readonly from: Ledger } => {
  const persons = [0, 1].map((uid): Person => ({
    uid,
    name: `user${uid}`,
    limits: personLimits(factsOf(world, uid), {
      user: world.everybody,
      users: new Map(),
      groups: new Map(),
    }),
    uses: new Map(
      world.environments
        .filter(({ project }) => world.owners[project as 0] === uid)
        .map((one) => [
          environmentKey({ projectId: `p${one.project}`, environment: one.name }),
          { name: one.name, usage: withoutOwn(heldOf(one), overridesOf(world, one.project)) },
        ]),
    ),
  }));
  const from = ledger({
    owners: new Map(
      paths.flatMap((path, at) => {
        const person = persons[world.owners[at as 0]];
        return person === undefined ? [] : [[path, person]];
      }),
    ),
    quotas: new Map(
      paths.map((path, at) => [
        path,
        quota({ projectPath: path, ...world.rows[at], overrides: overridesOf(world, at) }),
      ]),
    ),
    usage: new Map(paths.map((path, at) => [path, sumOf(world, (one) => one.project === at)])),
  });
  const requests = world.environments
    .filter(({ asks }) => asks)
    .map((one) =>
      request({
        projectId: `p${one.project}`,
        projectPath: paths[one.project as 0],
        environment: one.name,
        requestedAt: one.requestedAt,
        cpus: one.cpus,
        memoryBytes: one.memory === null ? null : one.memory * gib,
        held: heldOf(one),
      }),
    );
  return { requests, from };
};

const sumOf = (
  world: World,
  isIn: (one: Place) => boolean,
  usageOf: (one: Place) => Usage = heldOf,
): Usage =>
  world.environments.filter(isIn).reduce((sum, one) => {
    const usage = usageOf(one);
    return Object.fromEntries(
      quotaFields.map((field) => [field, sum[field] + usage[field]]),
    ) as Usage;
  }, noUsage);

/** By the rule as it is written down, without the code that decides. */
const limitOf = (world: World, uid: number, field: QuotaField): number => {
  const own = world.own[uid]?.[field] ?? null;
  if (own !== null) return own === 'unlimited' ? Infinity : own;
  const groups = (world.members[uid] ?? [])
    .map((group) => world.groups[group as 'staff'][field])
    .filter((limit) => limit !== null)
    .map((limit) => (limit === 'unlimited' ? Infinity : limit));
  if (groups.length > 0) return Math.max(...groups);
  const rest = world.everybody[field];
  return typeof rest === 'number' ? rest : Infinity;
};

it('no limit of a person or a project is passed, whatever is owned, asked and overridden', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { requests, from } = build(world);
      const answers = decideAdmission(requests, from);
      const granted = new Set(
        answers.flatMap(({ kind, key }) => (kind === 'grant' ? [key as string] : [])),
      );
      const after = (one: Place): Usage =>
        granted.has(`p${one.project}/${one.name}`)
          ? {
              containers: 1,
              cpus: one.cpus ?? 0,
              memoryBytes: (one.memory ?? 0) * gib,
              gpus: 0,
            }
          : heldOf(one);
      for (const field of quotaFields) {
        for (const uid of [0, 1]) {
          const counts = ({ project }: Place): boolean =>
            world.owners[project as 0] === uid &&
            world.overrides[project]?.includes(field) !== true;
          const [was, is] = [sumOf(world, counts)[field], sumOf(world, counts, after)[field]];
          // What was above the limit before is nobody's fault; it only may not grow by who asks for more.
          if (is > was)
            expect(is).toBeLessThanOrEqual(Math.max(limitOf(world, uid, field), was) + 1e-6);
        }
        paths.forEach((path, at) => {
          const row = from.quotas.get(path);
          const inRow = {
            containers: row?.maxContainers,
            cpus: row?.maxCpuCores,
            memoryBytes: row?.maxMemoryGb == null ? null : row.maxMemoryGb * gib,
            gpus: row?.maxGpus,
          }[field];
          const isIn = ({ project }: Place): boolean => project === at;
          const [was, is] = [sumOf(world, isIn)[field], sumOf(world, isIn, after)[field]];
          if (is > was) expect(is).toBeLessThanOrEqual(Math.max(inRow ?? Infinity, was) + 1e-6);
        });
      }
    }),
    { numRuns: 1000 },
  );
});

it('is decided the same in whatever order the requests stand', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { requests, from } = build(world);
      expect(decideAdmission([...requests].reverse(), from)).toEqual(
        decideAdmission(requests, from),
      );
    }),
    { numRuns: 500 },
  );
});
