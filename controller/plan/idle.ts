import type { IdleConfig, IdleRecord, IdleWish, SeenUse, UsagePoint, Use } from '../model/idle.ts';

/** All that the judgement of one environment that runs may depend on. */
export interface IdleInput {
  readonly projectId: string;
  readonly environment: string;
  readonly containerId: string;
  readonly startedAt: number;
  /** What is done about it where it is idle; null: nothing, only changes wait for it. */
  readonly wish: IdleWish | null;
  /** What a change waits for. */
  readonly quiet: IdleWish;
  readonly maxLifetimeMs: number | null;
  readonly hasCards: boolean;
  /** The host's cards are mostly taken. */
  readonly scarce: boolean;
  /** Newest first. */
  readonly samples: Iterable<UsagePoint>;
  /** Between two of them; null: none are taken. */
  readonly everyMs: number | null;
  /** When MLEnv itself ran commands in it, which the samples show. */
  readonly looks: readonly number[];
  /** A change waits for it to be idle. */
  readonly waits: boolean;
  /** What the last look said. */
  readonly before: IdleRecord | null;
  readonly config: IdleConfig;
  readonly now: number;
}

/** Fewer prove nothing. */
const fewest = 3;

/** Nobody knows what happened in a gap of more than four samples. */
const longestGapMs = (everyMs: number): number => Math.max(4 * everyMs, 120_000);

/**
 * Since when every signal has stayed below its limit, walking back from now until one did not. A single sample
 * that tells nothing is passed over; a longer silence is not idleness.
 */
export const idleSince = (
  input: Pick<IdleInput, 'samples' | 'hasCards' | 'everyMs' | 'looks' | 'now'>,
  wish: IdleWish,
): { readonly since: number | null; readonly use: Use | null; readonly goesOn: boolean } => {
  const { samples, hasCards, everyMs, looks, now } = input;
  const limits = hasCards ? wish : { ...wish, gpuBelowPercent: null };
  let use: Use = 'unmeasured';
  let newest: UsagePoint | null = null;
  let since = now;
  let count = 0;
  let goesOn = false;
  for (const point of everyMs === null ? [] : samples) {
    if (since - point.at > longestGapMs(everyMs ?? 0)) break;
    if (isUnknown(point, limits)) continue;
    newest ??= point;
    const found = useOf(withoutLooks(point, looks, everyMs ?? 0), newest, limits);
    if (found !== null) {
      use = found;
      break;
    }
    since = point.at;
    count += 1;
    // Far enough back: what was before changes nothing.
    goesOn = now - since > 2 * wish.afterMs;
    if (goesOn) break;
  }
  if (count >= fewest) return { since, use: null, goesOn };
  return { since: null, use: count === 0 ? use : 'unmeasured', goesOn: false };
};

/** So much of a core's time one look may take, its start by the engine included. */
const lookCostMs = 500;

/** What MLEnv's own commands take is not held against it. */
const withoutLooks = (point: UsagePoint, looks: readonly number[], everyMs: number): UsagePoint => {
  // A sample's time is cut to the second, and it covers what was since the one before.
  const cost = looks.some((at) => at > point.at - 2 * everyMs && at < point.at + 1000)
    ? (100 * lookCostMs) / everyMs
    : 0;
  return point.cpuPercent === null
    ? point
    : { ...point, cpuPercent: Math.max(0, point.cpuPercent - cost) };
};

const isUnknown = (point: UsagePoint, limits: IdleWish): boolean =>
  (limits.gpuBelowPercent !== null && point.gpuPercent === null) ||
  (limits.cpuBelowPercent !== null && point.cpuPercent === null) ||
  (limits.networkBelowBytes !== null && point.networkBytes === null);

const useOf = (point: UsagePoint, newest: UsagePoint, limits: IdleWish): Use | null => {
  const { gpuBelowPercent, cpuBelowPercent, networkBelowBytes } = limits;
  if (gpuBelowPercent !== null && (point.gpuPercent ?? 0) >= gpuBelowPercent) return 'gpu';
  if (cpuBelowPercent !== null && (point.cpuPercent ?? 0) >= cpuBelowPercent) return 'cpu';
  // What was sent since then, counted from the container's start.
  const sent = (newest.networkBytes ?? 0) - (point.networkBytes ?? 0);
  return networkBelowBytes !== null && (sent < 0 || sent >= networkBelowBytes) ? 'network' : null;
};

/** Samples, and what people are at that no sample shows; null: nobody looked. */
export const judgeIdle = (input: IdleInput, seen: readonly SeenUse[] | null): IdleRecord => {
  const { now, before, startedAt, containerId } = input;
  const same = before?.containerId === containerId ? before : null;
  const walked = idleSince(input, input.wish ?? input.quiet);
  const used = lastUse(same, seen ?? [], now);
  const isUsedNow = used !== null && now - used.at < patienceMs(input);
  const since =
    walked.since === null || isUsedNow
      ? null
      : Math.max(
          walked.goesOn ? Math.min(walked.since, same?.idleSince ?? Infinity) : walked.since,
          startedAt,
          used?.at ?? 0,
        );
  const isKept = before !== null && before.keepUntil !== null && before.keepUntil > now;
  const keepUntil = isKept ? before.keepUntil : null;
  const livesSince = before?.livesSince ?? startedAt;
  return {
    projectId: input.projectId,
    environment: input.environment,
    containerId,
    judgedAt: now,
    idleSince: since,
    use: isUsedNow ? used.by : since === null ? walked.use : null,
    usedAt: used?.at ?? null,
    usedBy: used?.by ?? null,
    dueAt: since === null || isKept ? null : dueAt(input, since, same?.dueAt ?? null),
    quietAt: since === null ? null : quietAt(input, since, seen === null ? same : null),
    livesSince,
    endsAt: endsAt(input, { livesSince, keepUntil, warned: before?.endsAt ?? null }),
    keepUntil,
    keptBy: isKept ? before.keptBy : null,
  };
};

const lastUse = (
  known: IdleRecord | null,
  seen: readonly SeenUse[],
  now: number,
): SeenUse | null => {
  const recorded =
    known === null || known.usedAt === null || known.usedBy === null
      ? []
      : [{ by: known.usedBy, at: known.usedAt }];
  return [...recorded, ...seen].reduce<SeenUse | null>(
    (last, use) =>
      last === null || use.at > last.at ? { by: use.by, at: Math.min(use.at, now) } : last,
    null,
  );
};

/** A change is made only once somebody looked whether people are at it. */
const quietAt = (
  { quiet, now }: IdleInput,
  since: number,
  unlooked: IdleRecord | null,
): number | null => {
  const at = since + quiet.afterMs;
  return at > now || unlooked === null || unlooked.quietAt === at ? at : null;
};

/** When it is done, from the moment on in which people are warned. */
const dueAt = (input: IdleInput, since: number, warned: number | null): number | null => {
  const { wish, now } = input;
  if (wish === null || now - since < patienceMs(input)) return null;
  // A warning keeps its word for as long as nothing speaks against it.
  return warned ?? now + leadMs(wish, input);
};

const limitMs = (wish: IdleWish, { scarce, hasCards, config }: IdleInput): number =>
  wish.afterMs * (scarce && hasCards ? config.scarceFactor : 1);

/** How long before the end people are warned. */
const leadMs = (wish: IdleWish, input: IdleInput): number =>
  wish.action === 'notify' ? 0 : Math.min(input.config.warningMs, limitMs(wish, input) / 2);

/** Idle for so long, and something is done about it. */
const patienceMs = (input: IdleInput): number =>
  input.wish === null
    ? input.quiet.afterMs
    : limitMs(input.wish, input) - leadMs(input.wish, input);

const endsAt = (
  { maxLifetimeMs, config, now }: IdleInput,
  {
    livesSince,
    keepUntil,
    warned,
  }: {
    readonly livesSince: number;
    readonly keepUntil: number | null;
    readonly warned: number | null;
  },
): number | null => {
  if (maxLifetimeMs === null) return null;
  const lead = Math.min(config.warningMs, maxLifetimeMs / 2);
  const end = Math.max(livesSince + maxLifetimeMs, keepUntil ?? 0);
  // A longer life, by the file or by keep, undoes the warning.
  if (now < end - lead) return null;
  return Math.max(end, warned ?? now + lead);
};

/**
 * A look that costs something is only taken where something would be done without it. Until the next one, the use
 * that it found goes on.
 */
export const isLookDue = (
  { idleSince: since, dueAt: due }: IdleRecord,
  input: IdleInput,
): boolean =>
  since !== null && (due !== null || (input.waits && input.now - since >= input.quiet.afterMs));
