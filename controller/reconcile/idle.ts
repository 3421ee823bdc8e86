import {
  defaultIdle,
  type IdleChoice,
  type IdleRecord,
  type IdleWish,
  type Inside,
} from '../model/idle.ts';
import type { Environment } from '../model/environment.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import { isRunning, type Phase } from '../model/phase.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import type { Store } from '../model/store.ts';
import type { IdleView } from '../plan/input.ts';
import { isLookDue, judgeIdle, type IdleInput } from '../plan/idle.ts';
import type { Deps } from './deps.ts';

/** A judgement that is older says nothing of now. */
export const freshMs = 180_000;
/** What did not change is written down again after so long. */
const rewriteMs = 60_000;
/** So many containers are looked into at once. */
const atOnce = 4;

type IdleDeps = Pick<Deps, 'store' | 'clock' | 'config' | 'memory' | 'ring' | 'timeText' | 'gpus'>;

/**
 * Judges, beside the passes, what is used: from samples, and from a look inside where that can change what is done.
 * It only writes down what it found; what follows is the plan's to say.
 */
export const createIdleWatch = (
  deps: IdleDeps,
  inside: Inside,
): { readonly look: (signal: AbortSignal) => Promise<void> } => ({
  look: async (signal) => {
    const { store, memory } = deps;
    if (memory.recordTrouble !== null) return;
    const scarce = isScarce(deps);
    const due: IdleInput[] = [];
    for (const record of store.environments.all()) {
      const key = environmentKey(record);
      if (isOver.has(record.phase) && hasLife(store.idle.get(key))) store.idle.endLife(key);
      const input = inputOf(deps, record, scarce);
      if (input === null) continue;
      const judged = judgeIdle(input, []);
      if (isLookDue(judged, input)) due.push(input);
      else await tell(deps, inside, input.before, judged);
    }
    const left = due.values();
    const worker = async (): Promise<void> => {
      for (const input of left) {
        const seen = await inside.look(input.containerId);
        if (signal.aborted) return;
        const now = again(deps, input);
        if (now !== null) await tell(deps, inside, now.before, judgeIdle(now, seen));
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, due.length) }, worker));
  },
});

const hasLife = (row: IdleRecord | null): boolean => row !== null && row.livesSince !== null;

/** Its next start begins another life. */
const isOver: ReadonlySet<Phase> = new Set(['completed', 'failed', 'stopped', 'deleted']);

/** Read again: somebody may have asked to keep it, or it ended, while it was looked into. */
const again = (deps: IdleDeps, input: IdleInput): IdleInput | null => {
  const record = deps.store.environments.get(environmentKey(input));
  const now = record === null ? null : inputOf(deps, record, input.scarce);
  return now?.containerId === input.containerId ? now : null;
};

/** Writes it down, rings who waits for it, and leaves or takes away the note in the workspace. */
const tell = async (
  deps: IdleDeps,
  inside: Inside,
  before: IdleRecord | null,
  judged: IdleRecord,
): Promise<void> => {
  const key = environmentKey(judged);
  const isAsBefore = before !== null && isSame(judged, before);
  if (isAsBefore && judged.judgedAt - before.judgedAt < rewriteMs) return;
  deps.store.idle.set(judged);
  if (isAsBefore) return;
  deps.ring.environment(key, true);
  const note = noteText(deps, judged);
  if (note === noteText(deps, before) || judged.containerId === null) return;
  const wish = deps.memory.wishes.get(key);
  const workspace = wish?.kind === 'wanted' ? wish.environment.workspace : null;
  if (workspace === null || workspace.readOnly) return;
  await inside.leaveNote(judged.containerId, workspace.target, note);
};

const isSame = (a: IdleRecord, b: IdleRecord): boolean =>
  (Object.keys(a) as (keyof IdleRecord)[]).every(
    (field) => field === 'judgedAt' || a[field] === b[field],
  );

/** What lies in the workspace while it was warned of; null: nothing. */
const noteText = (
  { clock, timeText }: IdleDeps,
  judged: Pick<IdleRecord, 'dueAt' | 'endsAt' | 'environment'> | null,
): string | null => {
  const at = Math.min(judged?.dueAt ?? Infinity, judged?.endsAt ?? Infinity);
  if (judged === null || at === Infinity) return null;
  const why = at === judged.endsAt ? 'its maxLifetime is over' : 'nobody uses it';
  return `MLEnv stops ${judged.environment} at ${timeText(at, clock.now())}, as ${why}.
To keep it, on the host: mlenv keep ${judged.environment} --for 8h
`;
};

/** null: it does not run, or nothing follows from its use. */
const inputOf = (deps: IdleDeps, record: EnvironmentRecord, scarce: boolean): IdleInput | null => {
  const { store, config, clock, memory } = deps;
  const key = environmentKey(record);
  const { containerId } = record;
  if (containerId === null || !isRunning(record.phase)) return null;
  const wanted = memory.wishes.get(key);
  const environment = wanted?.kind === 'wanted' ? wanted.environment : null;
  const hasCards = store.gpus.of(key).some(({ current }) => current);
  const host = config.current();
  const wish = wishOf(environment?.idle ?? 'default', hasCards ? host.idle.cardsAfterMs : null);
  const maxLifetimeMs = environment?.maxLifetimeMs ?? null;
  const isQuietWorth = environment === null || environment.updates === 'whenIdle';
  if (wish === null && maxLifetimeMs === null && !isQuietWorth) return null;
  const startedAt = memory.inspected.get(containerId)?.startedAt ?? null;
  if (startedAt === null) return null;
  return {
    projectId: record.projectId,
    environment: record.environment,
    containerId,
    startedAt,
    wish,
    quiet: wish ?? defaultIdle,
    maxLifetimeMs,
    hasCards,
    scarce,
    samples: store.metrics.newest(containerId),
    everyMs: host.metrics.everyMs,
    before: store.idle.get(key),
    config: host.idle,
    now: clock.now(),
  };
};

const wishOf = (choice: IdleChoice, cardsAfterMs: number | null): IdleWish | null => {
  if (choice === 'never') return null;
  if (choice !== 'default') return choice;
  return cardsAfterMs === null ? null : { ...defaultIdle, afterMs: cardsAfterMs };
};

/** Of the cards that can be given out, as many are taken as the host calls mostly. */
const isScarce = ({ store, config, gpus }: IdleDeps): boolean => {
  const { scarceAtPercent } = config.current().idle;
  const inventory = gpus.current();
  if (scarceAtPercent === null || inventory?.kind !== 'known') return false;
  const cordoned = new Set(store.gpus.cordons().map(({ gpuUuid }) => gpuUuid));
  const offered = inventory.gpus.filter(
    ({ uuid, health }) => health.state === 'healthy' && !cordoned.has(uuid),
  );
  const leased = new Set(store.gpus.leases().map(({ gpuUuid }) => gpuUuid));
  const taken = offered.filter(({ uuid }) => leased.has(uuid)).length;
  return offered.length > 0 && (100 * taken) / offered.length >= scarceAtPercent;
};

/** What the plan may know of it. */
export const idleView = (
  { store, config, clock, timeText }: Pick<Deps, 'store' | 'config' | 'clock' | 'timeText'>,
  record: EnvironmentRecord,
  environment: Environment | null,
): IdleView => {
  const key = environmentKey(record);
  const now = clock.now();
  const text = (at: number | null): string => (at === null ? '' : timeText(at, now));
  const row = store.idle.get(key);
  const { cardsAfterMs, holdCardsMs } = config.current().idle;
  const wish = wishOf(environment?.idle ?? 'default', cardsAfterMs);
  const held = heldOf(store, key);
  const isFresh =
    row !== null && row.containerId === record.containerId && now - row.judgedAt <= freshMs;
  const isKept = (row?.keepUntil ?? 0) > now;
  return {
    judged: !isFresh
      ? null
      : {
          ...row,
          // Asked for since it was judged.
          ...(isKept ? { dueAt: null, endsAt: null } : {}),
          action: wish?.action ?? null,
          texts: {
            since: text(row.idleSince),
            due: text(row.dueAt),
            ends: text(row.endsAt),
            kept:
              row.keepUntil === null
                ? ''
                : `; ${row.keptBy ?? ''} keeps it until ${text(row.keepUntil)}`,
          },
        },
    heldText: held === null ? '' : ` (since ${text(held.at)})`,
    cardsUntil:
      held === null || (held.kind === 'idle' && wish?.action === 'release')
        ? null
        : held.at + holdCardsMs,
  };
};

const heldOf = (
  store: Store,
  key: EnvironmentKey,
): { readonly kind: 'idle' | 'lifetime'; readonly at: number } | null => {
  for (const { kind, at } of store.holds.of(key)) {
    if (kind === 'idle' || kind === 'lifetime') return { kind, at };
  }
  return null;
};
