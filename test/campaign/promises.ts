import type { Statement } from 'better-sqlite3';
import type { ObservedContainer } from '../../controller/model/container.ts';
import { environmentKey } from '../../controller/model/key.ts';
import { label } from '../../controller/model/labels.ts';
import { isReason } from '../../controller/model/reason.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import type { Connection } from '../../controller/store/connection.ts';
import { parseDuration } from '../../specs/units.ts';
import type { World } from '../support/world.ts';
import { isProtected } from './model.ts';
import { keepCardPromises } from './promises-cards.ts';
import { keepQuotaPromises } from './promises-quotas.ts';
import { instance } from '../support/world-host.ts';
import type { Effect } from '../support/world-guard.ts';

/**
 * What must hold at every moment of every run, whatever happens. Each promise is judged by what the
 * world shows and by the record, never by what the plan meant to do.
 */
export const keepPromises = (world: World): Promises => {
  const foreign = new Map<string, string>();
  const handmade = new Set<string>();
  /** At the last look: a request that came since may have met an effect on its way. */
  const suspended = new Set<string>();
  let downSince: number | null = null;
  let clockIsSteady = true;
  /** The record is judged where it changed. */
  let looked: {
    readonly db: Connection;
    readonly version: number;
    readonly faults: readonly Fault[];
  } | null = null;

  const broke = (promise: string, what: string): void =>
    void world.broken.push(`${promise}: ${what}`);

  const judgeCall = ({ name, args }: Effect): void => {
    const call = name.slice('engine '.length);
    // What a project's end takes away is asked of the engine only; the next list tells that it is down.
    const graceMs = call.startsWith('remove') && call !== 'remove' ? 35_000 : 0;
    if (downSince !== null && world.clock.now() > downSince + graceMs && call !== 'pull') {
      broke('unknown is not absent', `${call} while the engine did not answer`);
    }
    if (!targetsContainer.has(call)) return;
    const target = world.engine.containers.find(
      ({ id, name }) => id === args[0] || name === args[0],
    );
    if (target === undefined) return;
    if (!isOurs(target)) {
      broke('hands off what is not ours', `${call} of ${target.name}`);
      return;
    }
    const row = rowOf(world, target);
    if (row === null) return;
    const key = environmentKey(row);
    if (suspended.has(key) && heldKinds(world, target.labels).includes('suspend'))
      broke('suspend blocks every mutation', `${call} of ${target.name}`);
    if (isUp(target) && call === 'remove')
      broke('a running container is never removed', target.name);
    if (isUp(target) && call === 'stop' && !mayStop(world, row, target)) {
      broke('a change never kills a training', `stop of ${target.name}`);
    }
  };

  const judgeCreate = ({ args }: Effect): void => {
    const [config] = args as readonly [{ readonly labels: Readonly<Record<string, string>> }];
    const held = heldKinds(world, config.labels);
    if (held.length > 0) broke('what is held is not created', held.join(', '));
  };

  const cards = keepCardPromises(world, broke);
  const quotas = keepQuotaPromises(world, broke);

  const oneAlive = (): void => {
    const alive = new Set<string>();
    for (const container of world.ours()) {
      if (!isUp(container) || handmade.has(container.id)) continue;
      const key = `${container.labels[label.projectId]}/${container.labels[label.environment]}`;
      if (alive.has(key)) broke('one live container per environment', container.name);
      alive.add(key);
    }
  };

  return {
    leaveAlone: (id) => {
      const container = world.engine.containers.find((one) => one.id === id);
      if (container !== undefined) foreign.set(id, wordsOf(container));
    },
    handmade: (id) => void handmade.add(id),
    engineDown: (isDown) => {
      downSince = isDown ? world.clock.now() : null;
    },
    clockJumped: () => {
      clockIsSteady = false;
    },
    watcher: {
      before: (effect) => {
        if (effect.kind !== 'engine') return;
        if (effect.name === 'engine create') judgeCreate(effect);
        judgeCall(effect);
      },
      after: (effect) => {
        if (effect.kind === 'engine') oneAlive();
        cards.after?.(effect);
        quotas.after?.(effect);
      },
      step: () => {
        cards.step?.();
        for (const [id, was] of foreign) {
          const is = world.engine.containers.find((one) => one.id === id);
          if (is === undefined || wordsOf(is) !== was)
            broke('hands off what is not ours', `${id} changed`);
        }
        const { process } = world;
        if (process === null) return;
        const db = world.record.look();
        const version = world.record.version();
        if (db === looked?.db && version === looked.version) return;
        looked = { db, version, faults: db === looked?.db ? looked.faults : prepareFaults(db) };
        suspended.clear();
        for (const row of process.store.environments.all()) {
          const key = environmentKey(row);
          if (process.store.holds.of(key).some(({ kind }) => kind === 'suspend')) {
            suspended.add(key);
          }
          if (!isReason(row.reason)) broke('every wait has a reason of the table', row.reason);
          if (row.reason === 'Bug') broke('no plan breaks a promise', row.message);
        }
        for (const fault of recordFaults(looked.faults)) {
          if (clockIsSteady || !fault.startsWith(endedEarly)) {
            broke('the record is consistent', fault);
          }
        }
      },
    },
  };
};

export interface Promises {
  /** This container is somebody else's and must stay as it is now, to the byte. */
  leaveAlone(id: string): void;
  /** Somebody made this one with our labels. */
  handmade(id: string): void;
  engineDown(isDown: boolean): void;
  /** Somebody set the clock: what is told of then and before need not be in order. */
  clockJumped(): void;
  readonly watcher: Parameters<World['watch']>[0];
}

/** All but its state, which a daemon that goes down changes too: what a call does to it is judged as it comes. */
const wordsOf = ({ id, name, config, anonymousVolumes }: ObservedContainer): string =>
  JSON.stringify({ id, name, config, anonymousVolumes });

const targetsContainer: ReadonlySet<string> = new Set([
  'start',
  'stop',
  'unpause',
  'remove',
  'update',
  'disconnect',
  'seed',
]);

const isUp = ({ state }: ObservedContainer): boolean =>
  state === 'running' || state === 'paused' || state === 'restarting';

const isOurs = ({ labels }: ObservedContainer): boolean =>
  labels[label.instance] === instance && labels[label.environment] !== undefined;

const rowOf = (world: World, { labels }: ObservedContainer): EnvironmentRecord | null =>
  world.process?.store.environments.get(
    environmentKey({
      projectId: labels[label.projectId] ?? '',
      environment: labels[label.environment] ?? '',
    }),
  ) ?? null;

const heldKinds = (world: World, labels: Readonly<Record<string, string>>): readonly string[] =>
  world.process?.store.holds
    .of(
      environmentKey({
        projectId: labels[label.projectId] ?? '',
        environment: labels[label.environment] ?? '',
      }),
    )
    .map(({ kind }) => kind) ?? [];

/** Protected: told so by the last good text, and no person has said otherwise. */
const mayStop = (world: World, row: EnvironmentRecord, target: ObservedContainer): boolean => {
  if (!isProtected(row.raw)) return true;
  const held = world.process?.store.holds.of(environmentKey(row)) ?? [];
  return (
    held.some(({ kind }) => kind === 'down' || kind === 'rm' || kind === 'lifetime') ||
    (held.some(({ kind }) => kind === 'idle') && isUnused(world, row.environment)) ||
    (row.containerId !== null && row.containerId !== target.id) ||
    row.restartRequestedAt !== null ||
    row.approval?.containerId === target.id ||
    isTimedOut(world, row, target)
  );
};

const isTimedOut = (
  { clock }: World,
  { raw }: EnvironmentRecord,
  { startedAt }: ObservedContainer,
): boolean => {
  const timeoutMs = typeof raw['timeout'] === 'string' ? parseDuration(raw['timeout']) : null;
  return timeoutMs !== null && startedAt !== null && clock.now() >= startedAt + timeoutMs;
};

const isUnused = ({ usage }: World, environment: string): boolean =>
  usage !== null &&
  !usage.people.has(environment) &&
  [usage.cpu, usage.gpu, usage.network].every((use) => (use.get(environment) ?? 0) === 0);

const endedEarly = 'a container ended before it began';

/** One statement each; an empty answer is a good one. */
const faults: Readonly<Record<string, string>> = {
  'two live rows bear one name': `SELECT container_name AS what FROM container_instances
    WHERE status <> 'deleted' GROUP BY container_name HAVING count(*) > 1`,
  'a quota row differs from the sum of its rows': `SELECT q.project_path AS what
    FROM project_quotas q JOIN project_usage u USING (project_path)
    WHERE q.current_containers <> u.containers OR q.current_cpu_cores <> u.cpu_cores
      OR q.current_memory_gb <> u.memory_gb OR q.current_gpus <> u.gpus`,
  [endedEarly]: `SELECT container_name AS what FROM container_instances
    WHERE status IN ('stopped', 'error') AND stopped_at < started_at AND started_at IS NOT NULL`,
  'a running row never started': `SELECT container_name AS what FROM container_instances
    WHERE status = 'running' AND started_at IS NULL`,
  'a host port is leased twice': `SELECT a.host_port AS what FROM port_leases a JOIN port_leases b
    ON a.host_port = b.host_port AND a.protocol = b.protocol AND a.host_ip < b.host_ip
    WHERE a.host_ip IN ('0.0.0.0', '::', '') OR b.host_ip IN ('0.0.0.0', '::', '')`,
  'more is granted than the quota has': `SELECT p.path AS what FROM environments e
    JOIN projects p ON p.id = e.project_id JOIN project_quotas q ON q.project_path = p.path
    WHERE e.container_id IS NOT NULL OR e.granted_at_ms IS NOT NULL
    GROUP BY p.id HAVING count(*) > q.max_containers`,
};

const recordFaults = (statements: readonly Fault[]): readonly string[] =>
  statements.flatMap(({ fault, find }) => find.all().map(({ what }) => `${fault}: ${what}`));

interface Fault {
  readonly fault: string;
  readonly find: Statement<[], { readonly what: string | number }>;
}

const prepareFaults = (db: Connection): readonly Fault[] =>
  Object.entries(faults).map(([fault, sql]) => ({ fault, find: db.prepare(sql) }));
