import { environmentKey } from '../model/key.ts';
import type { ObservedContainer } from '../model/container.ts';
import { documentStatus } from '../model/phase.ts';
import type { Plan } from '../model/plan.ts';
import { reasons } from '../model/reason.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { ContainerRow } from '../model/store.ts';
import { signatures } from '../observe/listed-reader.ts';
import { mainContainer, type PlanInput } from '../plan/input.ts';
import { label } from '../model/labels.ts';
import type { Deps } from './deps.ts';
import { ringWaiting, settleGpus } from './gpu-leases.ts';
import { newFailures, noteVerdict } from './health-rows.ts';
import { recordRuns } from './runs.ts';
import { healthOf, noteEnvironment } from './trouble.ts';

/** What was decided and seen, in one transaction; nothing is written where nothing changed. */
export const recordPlan = (deps: Deps, input: PlanInput, decided: Plan): void => {
  const { store, clock, memory } = deps;
  const { record, snapshot } = input;
  const key = environmentKey(record);
  const now = clock.now();
  const seen = snapshot.kind === 'known' ? snapshot.containers : [];
  const container = mainContainer(seen, record);
  const [step] = decided.steps;
  const { hold, ...columns } = decided.patch;
  const patch = changed(record, {
    phase: decided.phase,
    reason: decided.reason,
    message: decided.message,
    ...(snapshot.kind === 'known' ? { containerId: container?.id ?? null } : {}),
    ...(container !== null && container.anonymousVolumes.length > 0
      ? { anonymousVolumes: container.anonymousVolumes }
      : {}),
    ...(isSettled(decided) ? { observedGeneration: record.generation } : {}),
    // Its reply may have been lost.
    ...(container?.state === 'running' ? { startFailure: null } : {}),
    // With a step its own columns are written together with its result.
    ...(decided.steps.length === 0 ? columns : {}),
    // Who was stopped or held meanwhile asks for nothing any more; who waits for a network still does.
    ...(decided.needsGrant || decided.reason === 'NetworkPending' || record.requestedAt === null
      ? {}
      : { requestedAt: null }),
    // Nothing was left for it to let through, or it was let through.
    ...(isSettled(decided) ? { approval: null, handRemovedAt: null, repairRequestedAt: null } : {}),
    // Before it begins, so that its end is never taken for somebody's hand.
    ...(step?.kind === 'remove' ? { removingId: step.containerId } : {}),
    // Facts, and what the end of a run will be read by: before anything is done.
    ...(decided.patch.stopIntent === undefined ? {} : { stopIntent: decided.patch.stopIntent }),
    ...(decided.patch.lastRun === undefined ? {} : { lastRun: decided.patch.lastRun }),
  });
  const told = decided.reason !== record.reason && isWorthTelling(decided);
  const movedOn = decided.phase !== record.phase;
  const goneId =
    snapshot.kind === 'known' &&
    record.containerId !== null &&
    !seen.some(({ id }) => id === record.containerId)
      ? record.containerId
      : null;

  let gaveBack = false;
  store.transaction(() => {
    for (const one of newFailures(store.conditions.of(key), decided.conditions)) {
      const { reason, message } = one;
      store.events.add({ at: now, type: 'Warning', reason, message, ...whose(record) });
    }
    recordRuns(deps, input);
    if (container !== null) noteVerdict(store, container, { wish: input.wish, at: now });
    if (patch !== null) store.environments.update(key, patch);
    if (hold !== undefined) store.holds.add({ ...whose(record), kind: hold, by: 'mlenv', at: now });
    store.conditions.set(
      key,
      decided.conditions.map((condition) => ({
        ...condition,
        observedGeneration: record.generation,
      })),
      now,
    );
    noteEnvironment(deps, key, healthOf(decided, decided.conditions));
    // As it is now: admission may have granted it while this pass looked.
    gaveBack = settleGpus(deps, { input, after: store.environments.get(key) ?? record });
    // Limits change in place, without a phase; a row that is the same already is not written.
    if (container !== null) store.containers.observe(rowOf(deps, container, decided, input));
    if (goneId !== null) store.containers.deleted(goneId, now);
    // What the file names is anybody's again; a port that was found stays, so that it is the same later.
    if (movedOn && decided.phase === 'deleted') {
      store.ports.replace(
        key,
        store.ports.of(key).filter(({ auto }) => auto),
      );
    }
    if (told) {
      store.events.add({
        at: now,
        type: reasons[decided.reason].kind === 'failure' ? 'Warning' : 'Normal',
        reason: decided.reason,
        message: decided.message,
        ...whose(record),
      });
    }
  });
  if (gaveBack) ringWaiting(deps);
  if (isSettled(decided)) memory.attempts.delete(key);
  if (snapshot.kind === 'known') {
    memory.ids.set(key, new Set(seen.map(({ id }) => id)));
    memory.listed.set(key, signatures(seen));
    for (const each of seen) memory.inspected.set(each.id, each);
    if (goneId !== null) memory.inspected.delete(goneId);
    if (movedOn) ringNeighbours(deps, record);
    // The last one to go takes network and volumes with it, in the project's own pass.
    if (movedOn && decided.phase === 'deleted') deps.ring.project(record.projectId);
  }
};

const whose = ({ projectId, environment }: EnvironmentRecord) => ({ projectId, environment });

/** The environment is gone from file and engine: its record goes, its container rows stay as history. */
export const recordForgotten = (deps: Deps, record: EnvironmentRecord): void => {
  const key = environmentKey(record);
  deps.store.transaction(() => {
    noteEnvironment(deps, key, { reason: 'Deleted', message: 'it is gone, as asked' });
    deps.store.ports.replace(key, []);
    deps.store.gpus.keep(key, [], deps.clock.now());
    deps.store.environments.remove(key);
  });
  deps.memory.wishes.delete(key);
  deps.memory.ids.delete(key);
  deps.memory.attempts.delete(key);
  deps.ring.project(record.projectId);
};

/** dependsOn orders both ways: who waits for this one to come, and who waits for it to go. */
const ringNeighbours = (deps: Deps, record: EnvironmentRecord): void => {
  for (const other of deps.store.environments.ofProject(record.projectId)) {
    if (other.environment === record.environment) continue;
    const wish = deps.memory.wishes.get(environmentKey(other));
    const own = deps.memory.wishes.get(environmentKey(record));
    const linked =
      (wish?.kind === 'wanted' &&
        wish.environment.dependsOn.some(({ environment }) => environment === record.environment)) ||
      (own?.kind === 'wanted' &&
        own.environment.dependsOn.some(({ environment }) => environment === other.environment));
    if (linked) deps.ring.environment(environmentKey(other));
  }
};

/** What was looked at is what runs, or rests as it should. */
const isSettled = (decided: Plan): boolean =>
  decided.steps.length === 0 &&
  !decided.needsGrant &&
  decided.holds.length === 0 &&
  decided.changes.length === 0;

/** It runs as the file says; of one that is held or stopped nobody looked whether it would. */
const isInAccord = ({ state }: ObservedContainer, decided: Plan): boolean =>
  state === 'running' && isSettled(decided) && reasons[decided.reason].kind === 'good';

/** Progress is told by its steps; what is good, waits or failed is told once when it begins. */
const isWorthTelling = (decided: Plan): boolean => {
  const { kind } = reasons[decided.reason];
  return kind === 'good' || kind === 'failure' || kind === 'unknown' || decided.holds.length > 0;
};

const changed = (
  record: EnvironmentRecord,
  next: Partial<EnvironmentRecord>,
): Partial<EnvironmentRecord> | null => {
  const entries = Object.entries(next).filter(
    ([column, value]) =>
      JSON.stringify(value) !== JSON.stringify(record[column as keyof EnvironmentRecord]),
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
};

const rowOf = (
  { store }: Deps,
  container: ObservedContainer,
  decided: Plan,
  input: PlanInput,
): ContainerRow => ({
  containerId: container.id,
  containerName: container.name,
  imageName: container.config.image,
  projectPath: input.context.path,
  projectId: input.record.projectId,
  environment: input.record.environment,
  made: {
    generation: Number(container.labels[label.generation] ?? input.record.generation),
    digest: container.labels[label.digest] ?? '',
    revision: container.labels[label.revision] ?? '',
  },
  became: isInAccord(container, decided)
    ? {
        generation: input.record.generation,
        digest: input.record.digest,
        revision: input.context.revision,
      }
    : null,
  ownerUid: store.people.ownerOf(input.record.projectId) ?? input.context.owner.uid,
  status: documentStatus[decided.phase],
  cpuLimit: container.config.cpus,
  memoryLimitBytes: container.config.memoryBytes,
  gpuDevices: container.config.gpus?.ids ?? [],
  portMappings: Object.fromEntries(
    container.config.ports.map((port) => [String(port.container), String(port.host)]),
  ),
  createdAt: container.createdAt,
  startedAt: container.startedAt,
  stoppedAt: container.state === 'exited' ? container.finishedAt : null,
  exitCode: container.state === 'exited' ? container.exitCode : null,
});
