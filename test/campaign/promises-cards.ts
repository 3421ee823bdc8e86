import type { ObservedContainer } from '../../controller/model/container.ts';
import { deviceId, type GpuLease } from '../../controller/model/gpu.ts';
import { environmentKey, parseKey, type EnvironmentKey } from '../../controller/model/key.ts';
import { label } from '../../controller/model/labels.ts';
import type { EnvironmentRecord } from '../../controller/model/record.ts';
import { isReason } from '../../controller/model/reason.ts';
import type { Connection } from '../../controller/store/connection.ts';
import type { Process } from '../support/world-process.ts';
import type { World } from '../support/world.ts';

/** A look at cards may be so old when one is given out, and a slow call may lie between. */
const unseenMs = 15_000;

/**
 * What must hold of the cards at every moment, judged by the containers that run, by the rows, and by
 * what is on the host: never by what admission meant to do.
 */
export const keepCardPromises = (
  world: World,
  broke: (promise: string, what: string) => void,
): Parameters<World['watch']>[0] => {
  let before: { readonly process: Process; readonly leases: readonly GpuLease[] } | null = null;
  let looked: {
    readonly db: Connection;
    readonly version: number;
    readonly history: ReturnType<typeof prepareHistory>;
  } | null = null;

  const oneHand = (): void => {
    const hands = new Map<string, number>();
    for (const id of liveOf(world).flatMap(({ config }) => config.gpus?.ids ?? [])) {
      hands.set(id, (hands.get(id) ?? 0) + 1);
    }
    for (const [id, count] of hands) {
      if (count > slotsOf(world, id)) broke('no card in two hands', `${id}: ${count} containers`);
    }
  };

  const judgeRows = (leases: readonly GpuLease[]): void => {
    for (const [id, rows] of group(leases, deviceId)) {
      if (rows.length > slotsOf(world, id)) {
        broke('no card in two hands', `${id}: rows of ${rows.map(({ key }) => key).join(', ')}`);
      }
    }
  };

  /** It has a row more than it had, and nothing of it runs on that card: admission gave it. */
  const judgeGrant = (given: GpuLease & { readonly key: EnvironmentKey }): void => {
    const now = world.clock.now();
    const trouble = world.cards?.troubleSince(given.gpuUuid) ?? null;
    if (trouble !== null && trouble < now - unseenMs) {
      broke('no card is given that is bad or in use', `${given.gpuUuid} to ${given.key}`);
    }
    const stranger = world.engine.containers.find(
      (container) =>
        isUp(container) &&
        !isOurs(container) &&
        (container.config.gpus?.ids ?? []).includes(deviceId(given)) &&
        (container.startedAt ?? now) < now - unseenMs,
    );
    if (stranger !== undefined) {
      broke('a card of somebody else is not given', `${stranger.name} has it: ${given.key}`);
    }
    const cordon = world.process?.store.gpus
      .cordons()
      .find(({ gpuUuid }) => gpuUuid === given.gpuUuid);
    if (cordon !== undefined && cordon.at < now) {
      broke('a cordoned card is given to nobody new', `${given.gpuUuid} to ${given.key}`);
    }
  };

  const judgeQuota = (process: Process, leases: readonly GpuLease[], key: EnvironmentKey): void => {
    const { projectId } = parseKey(key);
    const project = process.store.projects.get(projectId);
    const limit = project === null ? null : process.store.quotas.get(project.path)?.maxGpus;
    const current = leases.filter(
      (lease) => lease.current && lease.key !== null && parseKey(lease.key).projectId === projectId,
    ).length;
    if (limit !== null && limit !== undefined && current > limit) {
      broke('no quota is passed', `${project?.path}: ${current} of ${limit} cards`);
    }
  };

  /** What reports count held time by. */
  const judgeHistory = (): void => {
    const db = world.record.look();
    const version = world.record.version();
    if (db === looked?.db && version === looked.version) return;
    const history = db === looked?.db ? looked.history : prepareHistory(db);
    looked = { db, version, history };
    const odd = history.all();
    if (odd.length > 0) broke('every lease is remembered, with its end', odd.join(', '));
  };

  const rowsChanged = (): void => {
    const { process } = world;
    if (process === null) return;
    const leases = process.store.gpus.leases();
    // A record that was lost has lost its rows with it: what comes back in them is what runs.
    const was = before?.process === process ? before.leases : leases;
    before = { process, leases };
    judgeRows(leases);
    const had = new Map(group(was, ({ key }) => key ?? ''));
    for (const [key, rows] of group(leases, (lease) => lease.key ?? '')) {
      const old = had.get(key) ?? [];
      const fresh = rows.filter((row) => !old.some((one) => deviceId(one) === deviceId(row)));
      const given = fresh.filter((row) => !runsOn(world, row));
      for (const row of given) if (row.key !== null) judgeGrant({ ...row, key: row.key });
      const current = rows.filter((row) => row.current).length;
      if (given[0]?.key && current > old.length) judgeQuota(process, leases, given[0].key);
    }
    for (const lease of was) {
      const kept = leases.some((one) => one.key === lease.key && deviceId(one) === deviceId(lease));
      if (!kept && runsOn(world, lease)) {
        broke('a card is released only after its container was seen to be gone', `${lease.key}`);
      }
    }
  };

  /** A grant of something that cannot do without a card names one. */
  const judgeGrants = (): void => {
    const { gpus, environments } = world.process?.store ?? {};
    for (const row of environments?.all() ?? []) {
      const key = environmentKey(row);
      const isCurrent = row.grantedAt !== null && row.grantedGeneration === row.generation;
      if (isCurrent && needsCards(row.raw) && gpus?.of(key).length === 0) {
        broke('a grant names its cards', key);
      }
    }
  };

  return {
    after: (effect) => {
      if (effect.kind === 'engine') oneHand();
      else rowsChanged();
    },
    step: () => {
      oneHand();
      if (world.process !== null) judgeHistory();
      judgeGrants();
      for (const row of world.process?.store.environments.requested() ?? []) {
        if (isReason(row.reason) && row.message !== '') continue;
        // Asked for a moment ago by a process that ended before it could say why it waits.
        if ((row.requestedAt ?? 0) > world.clock.now() - 30_000) continue;
        broke('every wait has a reason', `${environmentKey(row)}: ${row.reason} '${row.message}'`);
      }
    },
  };
};

const needsCards = (raw: EnvironmentRecord['raw']): boolean => {
  const gpus = raw?.gpus ?? 0;
  return gpus !== 0 && !(typeof gpus === 'object' && 'optional' in gpus && gpus.optional === true);
};

const prepareHistory = (db: Connection) =>
  db
    .prepare<[], number>(
      `SELECT l.id FROM gpu_allocations l LEFT JOIN gpu_lease_history h ON h.id = l.id AND h.ended_at_ms IS NULL
       WHERE l.kind = 'lease' AND l.project_id IS NOT NULL AND h.id IS NULL
       UNION ALL
       SELECT h.id FROM gpu_lease_history h LEFT JOIN gpu_allocations l ON l.id = h.id AND l.kind = 'lease'
       WHERE (h.ended_at_ms IS NULL) <> (l.id IS NOT NULL) OR h.ended_at_ms < h.began_at_ms`,
    )
    .pluck();

const slotsOf = (world: World, id: string): number =>
  world.cards?.devices.find((device) => device.id === id)?.slots ?? 1;

const runsOn = (world: World, lease: GpuLease): boolean =>
  liveOf(world).some(
    ({ labels, config }) =>
      `${labels[label.projectId]}/${labels[label.environment]}` === lease.key &&
      (config.gpus?.ids.includes(deviceId(lease)) ?? false),
  );

const liveOf = (world: World): readonly ObservedContainer[] => world.ours().filter(isUp);

const isUp = ({ state }: ObservedContainer): boolean =>
  state === 'running' || state === 'paused' || state === 'restarting';

const isOurs = ({ labels }: ObservedContainer): boolean => labels[label.environment] !== undefined;

const group = <T>(
  all: readonly T[],
  keyOf: (one: T) => string,
): readonly [string, readonly T[]][] => {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups];
};
