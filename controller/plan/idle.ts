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
  { samples, hasCards, everyMs, now }: Pick<IdleInput, 'samples' | 'hasCards' | 'everyMs' | 'now'>,
  wish: IdleWish,
): { readonly since: number | null; readonly use: Use | null; readonly goesOn: boolean } => {
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
    const found = useOf(point, newest, limits);
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

/** One look: samples, and what people are at that no sample shows. */
export const judgeIdle = (input: IdleInput, seen: readonly SeenUse[]): IdleRecord => {
  const { now, before, startedAt, containerId } = input;
  const same = before?.containerId === containerId ? before : null;
  const walked = idleSince(input, input.wish ?? input.quiet);
  const used = lastUse(same, seen, now);
  const isUsedNow = used !== null && now - used.at < lookAfterMs(input);
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
    quietAt: since === null ? null : since + input.quiet.afterMs,
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

/** When it is done, from the moment on in which people are warned. */
const dueAt = (
  { wish, config, scarce, hasCards, now }: IdleInput,
  since: number,
  warned: number | null,
): number | null => {
  if (wish === null) return null;
  const limitMs = wish.afterMs * (scarce && hasCards ? config.scarceFactor : 1);
  const leadMs = wish.action === 'notify' ? 0 : Math.min(config.warningMs, limitMs / 2);
  // A warning keeps its word for as long as nothing speaks against it.
  return now < since + limitMs - leadMs ? null : (warned ?? now + leadMs);
};

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
  const leadMs = Math.min(config.warningMs, maxLifetimeMs / 2);
  const end = Math.max(livesSince + maxLifetimeMs, keepUntil ?? 0);
  // A longer life, by the file or by keep, undoes the warning.
  if (now < end - leadMs) return null;
  return Math.max(end, warned ?? now + leadMs);
};

/**
 * A look that costs something is only taken where its answer can change what is done. Until the next one, the use
 * that it found goes on.
 */
export const isLookDue = (judged: IdleRecord, input: IdleInput): boolean =>
  judged.idleSince !== null && input.now - judged.idleSince >= lookAfterMs(input);

const lookAfterMs = ({ wish, quiet, config }: IdleInput): number =>
  (Math.min(wish?.afterMs ?? Infinity, quiet.afterMs) * config.scarceFactor) / 2;
