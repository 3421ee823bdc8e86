import { defaultIdle, type IdleRecord, type Inside } from '../model/idle.ts';
import { environmentKey, type EnvironmentKey } from '../model/key.ts';
import { isRunning, type Phase } from '../model/phase.ts';
import type { EnvironmentRecord } from '../model/record.ts';
import { isLookDue, judgeIdle, type IdleInput } from '../plan/idle.ts';
import type { Deps } from './deps.ts';
import { idleWishOf } from './idle-view.ts';

/** What did not change is written down again after so long. */
const rewriteMs = 60_000;
/** Samples older than that are not asked whether a look is in them. */
const rememberMs = 3_600_000;
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
): { readonly look: (signal: AbortSignal) => Promise<void> } => {
  const { store, memory, clock } = deps;
  /** When each container was last looked into: forgotten with the process, which costs a short idleness. */
  const looks = new Map<string, readonly number[]>();
  const looked = (containerId: string): void => {
    const now = clock.now();
    const before = looks.get(containerId) ?? [];
    looks.set(containerId, [...before.filter((at) => now - at < rememberMs), now]);
  };
  const inputFor = (record: EnvironmentRecord | null, scarce: boolean): IdleInput | null =>
    record === null ? null : inputOf(deps, record, { scarce, looks });

  /** Leaves or takes away the note in the workspace, then writes down what was found and rings who waits for it. */
  const tell = async (input: IdleInput, judged: IdleRecord): Promise<void> => {
    const { before, containerId } = input;
    const key = environmentKey(judged);
    const isAsBefore = before !== null && isSame(judged, before);
    if (isAsBefore && judged.judgedAt - before.judgedAt < rewriteMs) return;
    const note = noteText(deps, input, judged);
    if (note !== noteText(deps, input, before)) {
      const folder = noteFolder(deps, key);
      looked(containerId);
      if (folder !== null) await inside.leaveNote(containerId, folder, note);
      // Somebody may have asked to keep it, or have run a command in it: the next look knows.
      if (!isSameRow(store.idle.get(key), before)) return;
    }
    store.idle.set(judged);
    if (!isAsBefore) deps.ring.environment(key, true);
  };

  const lookInto = async ({ containerId, scarce, ...of }: IdleInput, signal: AbortSignal) => {
    looked(containerId);
    const seen = await inside.look(containerId);
    if (signal.aborted) return;
    // Read again: it may have ended while it was looked into.
    const input = inputFor(store.environments.get(environmentKey(of)), scarce);
    if (input?.containerId === containerId) await tell(input, judgeIdle(input, seen));
  };

  return {
    look: async (signal) => {
      if (memory.recordTrouble !== null) return;
      const scarce = isScarce(deps);
      const due: IdleInput[] = [];
      for (const record of store.environments.all()) {
        const key = environmentKey(record);
        if (isOver.has(record.phase) && hasLife(store.idle.get(key))) store.idle.endLife(key);
        const input = inputFor(record, scarce);
        if (input === null) continue;
        const judged = judgeIdle(input, null);
        if (isLookDue(judged, input)) due.push(input);
        else await tell(input, judged);
      }
      for (const id of looks.keys()) if (!memory.inspected.has(id)) looks.delete(id);
      const left = due.values();
      const worker = async (): Promise<void> => {
        for (const input of left) if (!signal.aborted) await lookInto(input, signal);
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, due.length) }, worker));
    },
  };
};

/** Its next start begins another life. */
const isOver: ReadonlySet<Phase> = new Set(['completed', 'failed', 'stopped', 'deleted']);

const hasLife = (row: IdleRecord | null): boolean => row !== null && row.livesSince !== null;

const isSame = (a: IdleRecord, b: IdleRecord): boolean =>
  (Object.keys(a) as (keyof IdleRecord)[]).every(
    (field) => field === 'judgedAt' || a[field] === b[field],
  );

const isSameRow = (a: IdleRecord | null, b: IdleRecord | null): boolean =>
  a === null || b === null ? a === b : isSame(a, b);

const noteFolder = ({ memory }: IdleDeps, key: EnvironmentKey): string | null => {
  const wish = memory.wishes.get(key);
  const workspace = wish?.kind === 'wanted' ? wish.environment.workspace : null;
  return workspace === null || workspace.readOnly ? null : workspace.target;
};

/** What lies in the workspace while it was warned of; null: nothing. */
const noteText = (
  { clock, timeText }: IdleDeps,
  { wish }: IdleInput,
  row: IdleRecord | null,
): string | null => {
  if (row === null) return null;
  const dueAt = wish?.action === 'notify' ? null : row.dueAt;
  const at = Math.min(dueAt ?? Infinity, row.endsAt ?? Infinity);
  if (at === Infinity) return null;
  const why = at === row.endsAt ? 'its maxLifetime is over' : 'nobody uses it';
  return `MLEnv stops ${row.environment} at ${timeText(at, clock.now())}, as ${why}.
To keep it, on the host: mlenv keep ${row.environment} --for 8h
`;
};

/** null: it does not run, or nothing follows from its use. */
const inputOf = (
  deps: IdleDeps,
  record: EnvironmentRecord,
  now: { readonly scarce: boolean; readonly looks: ReadonlyMap<string, readonly number[]> },
): IdleInput | null => {
  const { store, config, clock, memory } = deps;
  const key = environmentKey(record);
  const { containerId } = record;
  if (containerId === null || !isRunning(record.phase)) return null;
  const wanted = memory.wishes.get(key);
  const environment = wanted?.kind === 'wanted' ? wanted.environment : null;
  const { idle: hostIdle, metrics } = config.current();
  const choice = environment?.idle ?? 'default';
  const maxLifetimeMs = environment?.maxLifetimeMs ?? null;
  const isWorth =
    maxLifetimeMs !== null || environment === null || environment.updates === 'whenIdle';
  // Most say nothing: of them the record is not asked for cards.
  if (!isWorth && idleWishOf(choice, hostIdle.cardsAfterMs) === null) return null;
  const hasCards = store.gpus.of(key).some(({ current }) => current);
  const wish = idleWishOf(choice, hasCards ? hostIdle.cardsAfterMs : null);
  if (!isWorth && wish === null) return null;
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
    scarce: now.scarce,
    looks: now.looks.get(containerId) ?? [],
    waits: record.reason === 'UpdatePending',
    samples: store.metrics.newest(containerId),
    everyMs: metrics.everyMs,
    before: store.idle.get(key),
    config: hostIdle,
    now: clock.now(),
  };
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
