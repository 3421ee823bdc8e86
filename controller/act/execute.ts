import { bindsOf } from '../model/container.ts';
import type { Failure, Result } from '../model/failure.ts';
import { environmentKey } from '../model/key.ts';
import type {
  BindSource,
  EngineReader,
  EngineWriter,
  MountSources,
  MountWitness,
} from '../model/ports.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { SecretFolders, SecretSeed } from '../model/secret.ts';
import type { Step } from '../model/step.ts';
import type { Store } from '../model/store.ts';
import { keepRunLogs, type LogKeeper } from './keep-run-logs.ts';
import type { Puller } from './puller.ts';
import { startWitnessed } from './witnessed.ts';
import type { Stopper } from './stopper.ts';
import { makeVolumes } from './volumes.ts';

export interface Hands extends LogKeeper {
  readonly reader: LogKeeper['reader'] & Pick<EngineReader, 'volumes'>;
  readonly writer: EngineWriter;
  readonly store: Store;
  readonly puller: Puller;
  readonly stopper: Stopper;
  readonly mountSources: MountSources;
  readonly mountWitness?: MountWitness;
  readonly secretFolders: SecretFolders;
}

export type StepResult =
  | { readonly kind: 'done'; readonly containerId: string | null }
  /** Begun, and goes on beside the passes; its end brings the key back. */
  | { readonly kind: 'underway' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Not begun: what it needs of the host is not as it must be. */
  | {
      readonly kind: 'held';
      readonly reason: 'SecretMissing' | 'MountSourceChanged' | 'NameConflict';
      readonly message: string;
    }
  /** Started, found to have other folders than those that were judged, and stopped at once. */
  | {
      readonly kind: 'swapped';
      readonly containerId: string;
      readonly removed: boolean;
      readonly message: string;
    };

/**
 * Carries out one step: intent row, effect, result row. Killed between any two of them, the next pass
 * sees what is there and goes on from it; the open intent tells the log where the last process died.
 * What the caller writes `before` and `after` commits together with them: each commit waits for the
 * disk, and the whole process with it.
 */
export const execute = async <T>(
  hands: Hands,
  step: Step,
  {
    record,
    before,
    after,
  }: {
    readonly record: EnvironmentRecord;
    readonly before: () => void;
    readonly after: (result: StepResult) => T;
  },
): Promise<T> => {
  const { store, clock } = hands;
  const intent = store.transaction(() => {
    before();
    // The rows come first: a volume without one counts as given to its user already.
    for (const { name } of step.kind === 'create' ? step.volumes : []) {
      store.volumes.intend(name, record.projectId, clock.now());
    }
    return store.intents.open({
      projectId: record.projectId,
      environment: record.environment,
      effect: step.kind,
      detail: step.why,
      at: clock.now(),
    });
  });
  const result = await perform(hands, step, record);
  return store.transaction(() => {
    store.intents.close(intent, outcomeText(result), clock.now());
    return after(result);
  });
};

const outcomeText = (result: StepResult): string => {
  switch (result.kind) {
    case 'failed':
      return `failed: ${result.failure.message}`;
    case 'held':
    case 'swapped':
      return `${result.kind}: ${result.message}`;
    case 'done':
    case 'underway':
      return result.kind;
    default:
      return result satisfies never;
  }
};

const perform = async (
  hands: Hands,
  step: Step,
  record: EnvironmentRecord,
): Promise<StepResult> => {
  const { writer, puller, stopper } = hands;
  const key = environmentKey(record);
  switch (step.kind) {
    case 'pull':
      puller.begin(step.image, key);
      return { kind: 'underway' };
    case 'stop':
      stopper.begin({ key, containerId: step.containerId, graceMs: step.graceMs });
      return { kind: 'underway' };
    case 'create':
      return create(hands, step, record);
    case 'start':
      return start(hands, step, record);
    case 'update':
      return done(await writer.update(step.containerId, step.resources), step.containerId);
    case 'disconnect':
      return done(await writer.disconnect(step.containerId, step.network), step.containerId);
    case 'unpause':
      return done(await writer.unpause(step.containerId), step.containerId);
    case 'remove':
      return remove(hands, step, record);
    default:
      return step satisfies never;
  }
};

const create = async (
  hands: Hands,
  step: Extract<Step, { kind: 'create' }>,
  record: EnvironmentRecord,
): Promise<StepResult> => {
  const { writer, puller } = hands;
  const unmade = await makeVolumes(hands, step.volumes, record);
  if (unmade !== null) return unmade;
  const held = await prepare(hands, { ...step, binds: bindsOf(step.config.mounts) }, record);
  if (held !== null) return held;
  const created = await writer.create(step.config, record.anonymousVolumes);
  if (!created.ok) return fail(created.failure);
  puller.used(step.config.image);
  return { kind: 'done', containerId: created.value.id };
};

const start = async (
  hands: Hands,
  step: Extract<Step, { kind: 'start' }>,
  record: EnvironmentRecord,
): Promise<StepResult> => {
  const { writer, store, clock } = hands;
  // The engine mounts all of it for the seed as well.
  const held = await prepare(hands, step, record);
  if (held !== null) return held;
  if (step.seed !== null) {
    const fresh = new Set(store.volumes.unseeded(step.seed.volumes.map(({ name }) => name)));
    const targets = step.seed.volumes.filter(({ name }) => fresh.has(name));
    if (step.seed.account !== null || (step.seed.owner !== null && targets.length > 0)) {
      const seeded = await writer.seed(
        step.containerId,
        step.seed,
        targets.map(({ target }) => target),
      );
      if (!seeded.ok) return fail(seeded.failure);
      const changed = await checkSources(hands, step, record);
      if (changed !== null) return changed;
    }
    if (fresh.size > 0) store.volumes.seeded([...fresh], clock.now());
  }
  return startWitnessed(hands, step, { sources: notOurs(step), record });
};

/** Its logs are copied before; secrets go with the container that they were laid out for. */
const remove = async (
  hands: Hands,
  step: Extract<Step, { kind: 'remove' }>,
  record: EnvironmentRecord,
): Promise<StepResult> => {
  const { writer, secretFolders } = hands;
  await keepRunLogs(hands, step.containerId);
  const removed = await writer.remove(step.containerId, { volumes: step.volumes });
  if (!removed.ok) return fail(removed.failure);
  if (step.containerId === record.containerId) {
    await secretFolders.remove(`${secretFolders.root}/${record.uid}`);
  }
  return { kind: 'done', containerId: null };
};

interface Prepared {
  readonly secrets: SecretSeed | null;
  readonly binds: readonly BindSource[];
}

/** The last look at the host before the engine mounts: secrets laid out, sources still what they were. */
const prepare = async (
  hands: Hands,
  what: Prepared,
  record: EnvironmentRecord,
): Promise<StepResult | null> => {
  if (what.secrets !== null) {
    const written = await hands.secretFolders.write(what.secrets);
    if (written.kind === 'trouble') {
      return { kind: 'held', reason: 'SecretMissing', message: written.message };
    }
    if (!written.inMemory) tellOnDisk(hands, what.secrets, record);
  }
  return checkSources(hands, what, record);
};

const checkSources = async (
  { mountSources, store }: Hands,
  { secrets, binds }: Prepared,
  { projectId }: EnvironmentRecord,
): Promise<StepResult | null> => {
  const sources = notOurs({ secrets, binds });
  const folder = store.projects.get(projectId)?.path ?? '';
  const changed = await mountSources.check(folder, sources);
  return changed === null ? null : { kind: 'held', reason: 'MountSourceChanged', message: changed };
};

/** Our own folder lies where nobody else can put a link. */
const notOurs = ({ secrets, binds }: Prepared): readonly BindSource[] =>
  binds.filter(({ source }) => source !== secrets?.folder);

const tellOnDisk = (
  { store, clock }: Hands,
  { folder }: SecretSeed,
  { projectId, environment }: EnvironmentRecord,
): void =>
  store.events.add({
    at: clock.now(),
    type: 'Warning',
    reason: 'SecretsOnDisk',
    message: `${folder} is on a disk, which may keep what was removed from it`,
    projectId,
    environment,
  });

const done = (result: Result<void>, containerId: string | null): StepResult =>
  result.ok ? { kind: 'done', containerId } : fail(result.failure);

const fail = (failure: Failure): StepResult => ({ kind: 'failed', failure });
