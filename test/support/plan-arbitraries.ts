import * as fc from 'fast-check';
import type { ObservedContainer, Stray } from '../../controller/model/container.ts';
import type { Environment } from '../../controller/model/environment.ts';
import type { HealthRow } from '../../controller/model/health.ts';
import { phases } from '../../controller/model/phase.ts';
import type { HostHold } from '../../controller/model/freeze.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { KnownSnapshot } from '../../controller/model/snapshot.ts';
import type { IdleView, PlanInput } from '../../controller/plan/input.ts';
import { context, image, minutes, noon, scene, type Scene } from './plan-builders.ts';

const moment = fc.integer({ min: -90, max: 0 }).map((ago) => noon + minutes(ago));
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary);
const ids = ['c1', 'c2', 'c3'] as const;
const id = fc.constantFrom(...ids);

const portWish = fc.record({
  container: fc.constantFrom(80, 8888),
  protocol: fc.constant('tcp' as const),
  host: fc.constantFrom(80, 8888, 'auto' as const),
  hostIp: fc.constantFrom('127.0.0.1', '0.0.0.0'),
});

/** What a file may say, over the default wish. */
export const anyWish: fc.Arbitrary<Partial<Environment>> = fc.record(
  {
    image: fc.constantFrom('pytorch:24.05', 'pytorch:24.06'),
    pull: fc.constantFrom('missing', 'always', 'never'),
    entrypoint: maybe(fc.constant(['/bin/sh'])),
    command: maybe(fc.constantFrom(['jupyter', 'lab'], ['train'])),
    cpus: maybe(fc.constantFrom(1, 8, 1 / 3)),
    memoryBytes: maybe(fc.constantFrom(2 ** 30, 2 ** 35)),
    pids: maybe(fc.constant(64)),
    ports: fc.uniqueArray(portWish, { maxLength: 2, selector: ({ container }) => container }),
    user: fc.constantFrom<Environment['user']>({ kind: 'host' }, { kind: 'image' }),
    env: fc.dictionary(fc.constantFrom('A', 'PATH', 'HOME'), fc.constantFrom('', 'x')),
    workspace: maybe(
      fc.constant({ target: '/workspace', readOnly: false, update: 'keep' as const }),
    ),
    network: fc.boolean(),
    health: maybe(
      fc.record({
        probe: fc.constantFrom<NonNullable<Environment['health']>['probe']>(
          { kind: 'command', argv: ['true'] },
          { kind: 'http', port: 80, path: '/' },
        ),
        intervalMs: fc.constant(1000),
        timeoutMs: fc.constant(1000),
        retries: fc.constant(3),
        startPeriodMs: fc.constant(0),
        onUnhealthy: fc.constantFrom('restart', 'restartWhenIdle', 'report'),
        graceMs: fc.constantFrom(0, minutes(5)),
      }),
    ),
    onGpuLost: fc.constantFrom('recreate', 'recreateWhenIdle', 'report'),
    restart: fc.constantFrom('on-failure', 'always', 'never'),
    restartLimit: fc.constantFrom(null, 1, 3),
    timeoutMs: fc.constantFrom(null, minutes(1), minutes(600)),
    prunePolicy: fc.constantFrom('keep-volumes', 'remove-volumes'),
    updates: fc.constantFrom('auto', 'whenIdle', 'manual'),
    state: fc.constantFrom('running', 'running', 'running', 'stopped'),
  },
  { requiredKeys: [] },
);

const anyRecord: fc.Arbitrary<Partial<EnvironmentRecord>> = fc.record(
  {
    phase: fc.constantFrom(...phases),
    generation: fc.integer({ min: 1, max: 3 }),
    containerId: maybe(id),
    restarts: fc.integer({ min: 0, max: 12 }),
    lastFailure: fc.constantFrom('', 'it ended with exit code 1'),
    nextAttemptAt: maybe(fc.integer({ min: -5, max: 5 }).map((at) => noon + minutes(at))),
    vanishedAt: maybe(moment),
    approval: maybe(
      fc.record({
        generation: fc.integer({ min: 1, max: 3 }),
        containerId: maybe(id),
        by: fc.constant('ada'),
        at: moment,
      }),
    ),
    restartRequestedAt: maybe(moment),
    grantedAt: maybe(moment),
    handStop: maybe(fc.record({ containerId: id, at: moment })),
    removeVolumes: fc.boolean(),
    unhealthySince: maybe(moment),
    stopIntent: maybe(
      fc.record({
        containerId: id,
        startedAt: maybe(moment),
        cause: fc.constantFrom(
          'unhealthy' as const,
          'gpu-lost' as const,
          'mount-changed' as const,
          'down' as const,
          'timeout' as const,
        ),
        at: moment,
        until: moment,
      }),
    ),
    lastRun: maybe(
      fc.record({
        containerId: id,
        startedAt: maybe(moment),
        digest: fc.constantFrom('mle1:01', 'mle1:02'),
        end: maybe(
          fc.record({
            cause: fc.constantFrom(
              'completed',
              'failed',
              'down',
              'interrupted',
              'removed-outside',
              'timeout',
            ),
            exitCode: maybe(fc.nat(255)),
            at: maybe(moment),
            watched: fc.boolean(),
          }),
        ),
      }),
    ),
    raw: fc.constantFrom(
      {},
      { updates: 'manual' },
      { updates: 'auto' },
      { prunePolicy: 'remove-volumes' },
      { restart: 'never' },
    ),
  },
  { requiredKeys: [] },
);

const strays = [
  { field: 'restartPolicy', value: 'always', usual: 'no', cure: 'update' },
  { field: 'networks', value: 'bridge', usual: '(none)', cure: 'disconnect' },
  { field: 'blkioWeight', value: '300', usual: 'none', cure: 'recreate' },
] as const satisfies readonly Stray[];

/** Ended ones have a start and an end; a created one may say why it could not start. */
const anyContainer: fc.Arbitrary<Partial<ObservedContainer>> = fc
  .record({
    state: fc.constantFrom(
      'created' as const,
      'running' as const,
      'running' as const,
      'paused' as const,
      'restarting' as const,
      'removing' as const,
      'exited' as const,
      'exited' as const,
      'dead' as const,
    ),
    health: fc.constantFrom('none', 'starting', 'healthy', 'unhealthy'),
    exitCode: fc.constantFrom(0, 1, 137),
    oomKilled: fc.boolean(),
    strays: fc.subarray<Stray>([...strays]),
    error: fc.constantFrom('', 'exec: not found'),
    startedAt: moment,
    finishedAt: moment,
    createdAt: moment,
    image: maybe(fc.constant(image())),
  })
  .map(({ startedAt, finishedAt, ...container }) => ({
    ...container,
    error: container.state === 'created' ? container.error : '',
    startedAt: container.state === 'created' ? null : Math.min(startedAt, finishedAt),
    finishedAt: ['exited', 'dead', 'removing'].includes(container.state) ? finishedAt : null,
  }));

const anyRow = (type: HealthRow['type']): fc.Arbitrary<HealthRow> =>
  fc.record({
    containerId: id,
    type: fc.constant(type),
    at: moment,
    status: fc.constantFrom('healthy', 'unhealthy', 'unknown'),
    checkedAt: fc.constant(null),
    failures: fc.nat(3),
    responseMs: fc.constant(null),
    message: fc.constant('it said so'),
  });

const anySurroundings: fc.Arbitrary<Partial<KnownSnapshot>> = fc.record(
  {
    image: fc.constantFrom<KnownSnapshot['image']>(null, 'unseen', image()),
    network: fc.constantFrom('present', 'absent'),
    pull: maybe(
      fc.oneof(
        fc.constantFrom<NonNullable<KnownSnapshot['pull']>>(
          { kind: 'done', image: 'pytorch:24.05' },
          { kind: 'pulling', image: 'pytorch:24.05', doneBytes: 1, totalBytes: 0 },
          { kind: 'failed', image: 'pytorch:24.05', message: 'no', retryAt: noon + minutes(1) },
          { kind: 'failed', image: 'pytorch:24.06', message: 'no', retryAt: noon },
        ),
      ),
    ),
    inFlight: fc.constantFrom(null, null, null, 'stop' as const),
    dependencies: fc.array(
      fc.record({
        environment: fc.constant('db'),
        condition: fc.constantFrom('started', 'healthy', 'completed'),
        phase: maybe(fc.constantFrom(...phases)),
        hasHealthCheck: fc.boolean(),
      }),
      { maxLength: 1 },
    ),
    dependentsRunning: fc.constantFrom<readonly string[]>([], [], [], ['board']),
    outages: fc.array(
      fc.tuple(moment, moment).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
      { maxLength: 2 },
    ),
    nameHolder: fc.constantFrom<KnownSnapshot['nameHolder']>(null, null, null, {
      id: 'f'.repeat(64),
      name: 'taken',
      state: 'running',
      health: 'none',
      image: 'x',
      labels: {},
    }),
  },
  { requiredKeys: [] },
);

const around = fc.constantFrom(null, null, noon - minutes(30), noon, noon + minutes(30));

const anyIdle: fc.Arbitrary<IdleView> = fc.record({
  judged: maybe(
    fc.record({
      idleSince: around,
      use: fc.constantFrom(null, 'gpu', 'session', 'unmeasured'),
      dueAt: around,
      quietAt: around,
      endsAt: around,
      action: fc.constantFrom(null, 'notify', 'stop', 'release'),
      texts: fc.constant({ since: '11:30', due: '12:00', ends: '12:30', kept: '' }),
    }),
  ),
  heldText: fc.constant(''),
  cardsUntil: around,
});

export const anyScene: fc.Arbitrary<Scene & { readonly containers: number }> = fc
  .record({
    wish: fc.oneof(
      { weight: 6, arbitrary: anyWish },
      { weight: 2, arbitrary: fc.constant({ kind: 'vanished' } as const) },
      {
        weight: 1,
        arbitrary: fc.constant({
          kind: 'unresolved',
          reason: 'SpecUnresolved',
          message: '.env is gone',
        } as const),
      },
    ),
    was: maybe(anyWish),
    record: anyRecord,
    container: anyContainer,
    snapshot: anySurroundings,
    holds: fc.subarray(
      ['suspend', 'down', 'rm', 'rebuilt', 'unstarted', 'idle', 'lifetime'] as const,
      {
        maxLength: 2,
      },
    ),
    ownerChanged: fc.constantFrom(false, false, false, true),
    secretTrouble: fc.constantFrom(null, null, null, 'TOKEN: there is no file'),
    untrusted: fc.constantFrom(null, null, null, '/home/ada belongs to uid 1001'),
    frozen: fc.constantFrom<HostHold | null>(
      null,
      null,
      null,
      { reason: 'Frozen', message: 'the host was frozen by ada at 09:12' },
      { reason: 'Observing', message: 'MLEnv only observes' },
    ),
    massRemoval: fc.constantFrom(false, false, true),
    idle: anyIdle,
    checks: fc.record({ http: maybe(anyRow('http')), gpu: maybe(anyRow('gpu')) }),
    context: fc.constantFrom(
      context(),
      context({ raisesLimits: false }),
      context({ driftPolicy: 'report' }),
    ),
    chance: fc.constantFrom(0, 0.5, 0.999),
    containers: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ was, ...rest }) => ({ ...rest, ...(was === null ? {} : { was }) }));

/** Anything at all that a pass may find, the contradictory included. */
export const anyInput: fc.Arbitrary<PlanInput> = fc
  .tuple(anyScene, fc.array(anyContainer, { minLength: 3, maxLength: 3 }))
  .map(([from, others]) => {
    const input = scene(from);
    if (input.snapshot.kind === 'unknown') return input;
    const [main] = input.snapshot.containers;
    if (main === undefined) return input;
    const containers = ids
      .slice(0, from.containers)
      .map((each, index) => ({ ...main, ...(index === 0 ? {} : others[index]), id: each }));
    return { ...input, snapshot: { ...input.snapshot, containers } };
  });
