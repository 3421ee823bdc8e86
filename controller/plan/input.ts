import type { FileSource } from '../model/audit.ts';
import type { ObservedContainer } from '../model/container.ts';
import type { ProjectContext, Settings } from '../model/context.ts';
import type { Environment, RawEnvironment, Updates } from '../model/environment.ts';
import type { HostHold } from '../model/freeze.ts';
import type { OwnIds } from '../model/identity.ts';
import type { IdleRecord, IdleWish } from '../model/idle.ts';
import type { PolicyFault, PolicyRuleId } from '../model/policy.ts';
import type { FieldChange } from '../model/plan.ts';
import type { GpuLease, SickGpu } from '../model/gpu.ts';
import type { HealthRow } from '../model/health.ts';
import type { EnvironmentRecord, HoldKind, PortLease } from '../model/record.ts';
import type { EnvironmentSnapshot, KnownSnapshot } from '../model/snapshot.ts';
import type { LastRun } from '../model/run.ts';
import { label } from '../model/labels.ts';
import { defaultUpdates } from '../model/updates.ts';
import { desiredContainer, leasesCover, type Desired } from './desired.ts';
import { gpusCover } from './gpus.ts';
import { diffContainer } from './diff.ts';
import { healthOf } from './effective-health.ts';
import { isByHand, reportsDrift, wasRemovedByHand } from './drift.ts';
import { withLimits } from './failures.ts';
import { lastRunOf } from './restart.ts';

/** All that a decision may depend on. Time and chance are values like the rest. */
export interface PlanInput {
  readonly wish: Wish;
  readonly record: EnvironmentRecord;
  readonly holds: readonly HoldKind[];
  readonly leases: readonly PortLease[];
  /** The cards of its grant. */
  readonly gpuLeases: readonly GpuLease[];
  readonly context: ProjectContext;
  readonly ownerChanged: boolean;
  /** Why the folder is not taken for its owner's; null: it is. */
  readonly untrusted: string | null;
  /** Too many vanished at once, and nobody has confirmed it. */
  readonly massRemoval: boolean;
  /** Why one of its secrets cannot be had now; null: all can, or it has none. */
  readonly secretTrouble: string | null;
  /** Why nothing on this host may be changed now; null: it may. */
  readonly frozen: HostHold | null;
  /** By which its newest generation, or its removal from the file, came; null: not in git. */
  readonly commit: FileSource | null;
  readonly snapshot: EnvironmentSnapshot;
  readonly settings: Settings;
  readonly policy: PolicyView;
  /** Of the whole host. */
  readonly sickGpus: readonly SickGpu[];
  /** What is known of its use. */
  readonly idle: IdleView;
  /** The last word of MLEnv's own checks of the container. */
  readonly checks: { readonly http: HealthRow | null; readonly gpu: HealthRow | null };
  readonly now: number;
  /** In [0, 1): spreads retries. */
  readonly chance: number;
}

/** null: not known, or nothing follows from it. Times are milliseconds since the epoch. */
export interface IdleView {
  /** Not older than three minutes; null: nobody can say what it is used for now. */
  readonly judged:
    | (Pick<IdleRecord, 'idleSince' | 'use' | 'dueAt' | 'quietAt' | 'endsAt'> & {
        readonly action: IdleWish['action'] | null;
        /** As people of this host read them. */
        readonly texts: Readonly<Record<'since' | 'due' | 'ends' | 'kept', string>>;
      })
    | null;
  /** Since when a hold of MLEnv's own keeps it stopped, in words. */
  readonly heldText: string;
  /** Until then the cards of such a one stay its own. */
  readonly cardsUntil: number | null;
}

/** What the host's policy says of this environment now. */
export interface PolicyView {
  /** Rules that an exception opens for its project. */
  readonly opened: readonly PolicyRuleId[];
  /** What in the wish it refuses. */
  readonly faults: readonly PolicyFault[];
  /** Who the container has to be over folders of the host; left out or null: anybody. */
  readonly identity?: OwnIds | null;
}

export type Wish =
  | { readonly kind: 'wanted'; readonly environment: Environment }
  /** The file could be read and does not name it. */
  | { readonly kind: 'vanished' }
  /** The last good text cannot be filled in, or its image is still to be found. */
  | { readonly kind: 'unresolved'; readonly reason: UnresolvedReason; readonly message: string };

export type UnresolvedReason = 'SpecUnresolved' | 'ImageUnresolved' | 'ImageResolving';

/** The input with what every rule asks of it worked out once. */
export interface Facts extends PlanInput {
  readonly snapshot: KnownSnapshot;
  /** The one that counts: the recorded one, else the newest. */
  readonly container: ObservedContainer | null;
  /** Further containers with the same key, which must not be. */
  readonly extras: readonly ObservedContainer[];
  readonly desired: Desired | null;
  /** What is to be made as wished. */
  readonly changes: readonly FieldChange[];
  /** What a hand changed and `driftPolicy: report` only tells of. */
  readonly drift: readonly FieldChange[];
  readonly reportsDrift: boolean;
  readonly removedByHand: boolean;
  readonly granted: boolean;
  readonly live: boolean;
  readonly restartPending: boolean;
  /** The newest run as this pass sees it. */
  readonly lastRun: LastRun | null;
  readonly held: (kind: HoldKind) => boolean;
}

export const gatherFacts = (input: PlanInput, snapshot: KnownSnapshot): Facts => {
  const [seen = null, ...extras] = ranked(snapshot.containers, input.record.containerId);
  const container =
    seen === null ? null : { ...seen, health: healthOf(seen, input.wish, input.checks) };
  const granted =
    input.wish.kind === 'wanted' &&
    leasesCover(input.wish.environment, input.leases) &&
    gpusCover(input.wish.environment, input.gpuLeases) &&
    input.record.grantedAt !== null &&
    input.record.grantedGeneration === input.record.generation;
  const desired =
    input.wish.kind === 'wanted'
      ? desiredContainer({
          wish: input.wish.environment,
          record: input.record,
          context: input.context,
          leases: input.leases,
          gpuLeases: granted ? input.gpuLeases : null,
          made: container,
        })
      : null;
  const restartPending =
    input.record.restartRequestedAt !== null &&
    (container?.startedAt ?? 0) < input.record.restartRequestedAt;
  const reports = reportsDrift(input, restartPending);
  const differences =
    desired === null || container === null
      ? []
      : withoutSecrets(
          diffContainer(desired.config, container, desired.ulimitsByDefault),
          input.record.raw,
        );
  return {
    ...input,
    snapshot,
    container,
    extras,
    desired,
    changes: reports ? differences.filter((one) => !isByHand(one, seen?.strays)) : differences,
    drift: reports ? differences.filter((one) => isByHand(one, seen?.strays)) : [],
    reportsDrift: reports,
    removedByHand: wasRemovedByHand(container, input.record),
    granted,
    live: container !== null && isLive(container),
    restartPending,
    lastRun: withLimits(
      lastRunOf(
        container,
        input.record,
        snapshot,
        container?.labels[label.digest] ?? input.record.digest,
      ),
      input.record.lastRun,
      input.wish.kind === 'wanted' ? input.wish.environment.timeoutMs : null,
    ),
    held: (kind) => input.holds.includes(kind),
  };
};

/** A value that variables went into may be a secret, and a change is written down and shown. */
const withoutSecrets = (
  changes: readonly FieldChange[],
  raw: RawEnvironment,
): readonly FieldChange[] =>
  changes.map((change) =>
    JSON.stringify(raw[change.field.split('.')[0] ?? ''] ?? '').includes('${')
      ? { ...change, from: '(hidden)', to: '(hidden)' }
      : change,
  );

export const isLive = (container: ObservedContainer): boolean =>
  container.state === 'running' || container.state === 'paused' || container.state === 'restarting';

/** A vanished environment is judged by its last good text. */
export const updatesOf = ({ wish, record }: Pick<PlanInput, 'wish' | 'record'>): Updates => {
  if (wish.kind === 'wanted') return wish.environment.updates;
  const { updates, restart, gpus } = record.raw;
  if (updates === 'auto' || updates === 'whenIdle' || updates === 'manual') return updates;
  const when = isMap(restart) ? restart['when'] : restart;
  return defaultUpdates(when === 'never' ? 'never' : 'on-failure', asksForCards(gpus));
};

/** Whether a change may end what runs now: of itself, not by a person's word. */
export const mayChangeNow = (
  input: Pick<PlanInput, 'wish' | 'record' | 'idle' | 'now'>,
): boolean => {
  const updates = updatesOf(input);
  const quietAt = input.idle.judged?.quietAt ?? null;
  return updates === 'auto' || (updates === 'whenIdle' && quietAt !== null && quietAt <= input.now);
};

/** What a change that may not be made yet waits for. */
export const waitsFor = (input: Pick<PlanInput, 'wish' | 'record'>): string =>
  updatesOf(input) === 'whenIdle'
    ? 'waits until nobody uses it, it ends, or mlenv approve'
    : 'waits until it ends or mlenv approve';

/** Of its last good text, as what vanished has no other. */
export const prunesVolumes = ({ raw }: Pick<EnvironmentRecord, 'raw'>): boolean =>
  raw['prunePolicy'] === 'remove-volumes';

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** As the user wrote it. */
const asksForCards = (gpus: unknown): boolean => {
  const count = typeof gpus === 'object' && gpus !== null && 'count' in gpus ? gpus.count : gpus;
  return count !== undefined && count !== null && count !== 0;
};

/** Approval is good for exactly what was shown: this generation over this container. */
export const isApproved = ({ record, container }: Pick<Facts, 'record' | 'container'>): boolean =>
  record.approval !== null &&
  record.approval.generation === record.generation &&
  record.approval.containerId === container?.id;

/** The one that counts, for all who have to name one. */
export const mainContainer = (
  containers: readonly ObservedContainer[],
  { containerId }: Pick<EnvironmentRecord, 'containerId'>,
): ObservedContainer | null => ranked(containers, containerId)[0] ?? null;

/** The recorded one first, then live ones, then the newest: independent of the order in which they came. */
const ranked = (
  containers: readonly ObservedContainer[],
  recorded: string | null,
): readonly ObservedContainer[] =>
  [...containers].sort(
    (a, b) =>
      Number(b.id === recorded) - Number(a.id === recorded) ||
      Number(isLive(b)) - Number(isLive(a)) ||
      b.createdAt - a.createdAt ||
      (a.id < b.id ? -1 : 1),
  );
