import type { Description, EnvironmentRef, EventItem } from '../model/api.ts';
import { deviceId } from '../model/gpu.ts';
import type { HealthItem, HealthRow } from '../model/health.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import type { Event } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import type { PlanInput } from '../plan/input.ts';
import { plan } from '../plan/plan.ts';
import type { Core } from '../reconcile/core.ts';
import { foresee } from '../reconcile/pins.ts';
import { fillWishes } from '../reconcile/wishes.ts';
import { gatherInput } from '../reconcile/gather.ts';
import { wouldLose } from './plan.ts';
import { findEnvironment } from './resolve.ts';
import { itemOf } from './status.ts';

/** Everything about one environment, with a fresh look at the engine for its drift. */
export const describe = async (core: Core, ref: EnvironmentRef): Promise<Description> => {
  const { deps } = core;
  const { store } = deps;
  const { project, record } = findEnvironment(store, ref);
  const key = environmentKey(record);
  // A process that only looks has run no pass over the file.
  if (!deps.memory.read.has(project.id)) await fillWishes(deps, project, foresee);
  const input = await gatherInput(deps, record, project);
  const decided = plan(input);
  const losing =
    decided.steps.some(({ kind }) => kind === 'remove') ||
    decided.holds.some(({ reason }) => reason === 'UpdatePending');
  return {
    status: itemOf(deps, project, record),
    image: imageOf(store, key),
    spec: record.raw,
    mounts: mountsOf(input),
    secrets: secretsOf(input),
    cards: cardsOf(store, key),
    changes: decided.changes,
    explanation: decided.explanation,
    wouldLose: losing ? await wouldLose(core, input) : null,
    holds: store.holds
      .of(key)
      .map(({ kind, by, at }) => ({ kind, by, at: new Date(at).toISOString() })),
    checks: store.health.of(key, 5).map(checkItem),
    events: store.events
      .list({ projectId: project.id, environment: record.environment, limit: 20 })
      .map((event) => eventItem(store, event)),
  };
};

const checkItem = (row: HealthRow): HealthItem => {
  const { at, type, status, failures, responseMs, message } = row;
  return { at: new Date(at).toISOString(), type, status, failures, responseMs, message };
};

const imageOf = (store: Store, key: EnvironmentKey): Description['image'] => {
  const pin = store.pins.of(key);
  if (pin === null) return null;
  const { reference, digest, source, generation, at } = pin;
  return { reference, digest, source, generation, at: new Date(at).toISOString() };
};

const mountsOf = ({ wish, context }: PlanInput): readonly string[] =>
  wish.kind !== 'wanted'
    ? []
    : wish.environment.mounts.flatMap((mount) =>
        mount.kind !== 'bind' || `${mount.source}/`.startsWith(`${context.path}/`)
          ? []
          : [`${mount.source} at ${mount.target}${mount.readOnly ? ' (read-only)' : ''}`],
      );

const secretsOf = ({ wish }: PlanInput): readonly string[] =>
  wish.kind !== 'wanted'
    ? []
    : wish.environment.secrets.map(
        ({ name, file, env }) =>
          `${name} (${[file === name ? 'file' : `file ${file}`, ...(env ? ['variable'] : [])].join(', ')})`,
      );

const cardsOf = (store: Store, key: EnvironmentKey): Description['cards'] => {
  const models = new Map(store.gpus.cards().map(({ uuid, model }) => [uuid, model]));
  return store.gpus.of(key).map((lease) => ({
    id: deviceId(lease),
    index: lease.index < 0 ? null : lease.index,
    model: models.get(lease.gpuUuid) ?? null,
  }));
};

export const eventItem = (store: Store, event: Event): EventItem => {
  const { projectId, at, firstAt, seq: _, ...rest } = event;
  return {
    ...rest,
    at: new Date(at).toISOString(),
    firstAt: new Date(firstAt).toISOString(),
    project: projectId === null ? null : (store.projects.get(projectId)?.name ?? null),
  };
};
