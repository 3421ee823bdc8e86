import type { ObservedContainer } from '../model/container.ts';
import {
  couldNotAsk,
  isOfRun,
  nextRow,
  type CheckResult,
  type HealthRow,
} from '../model/health.ts';
import type { HealthWish } from '../model/environment.ts';
import type { Clock, EngineReader } from '../model/ports.ts';
import type { Store } from '../model/store.ts';
import type { HttpAsker } from './http-asker.ts';
import { inTurns, type ProbeTarget } from './probe-targets.ts';

export interface HealthProbeOptions {
  readonly targets: () => readonly ProbeTarget[];
  readonly inspect: EngineReader['inspect'];
  readonly askHttp: HttpAsker;
  readonly health: Store['health'];
  readonly clock: Clock;
  /** Between two rows of a verdict that stays; null: it is noted once. */
  readonly everyMs: () => number | null;
  /** The engine's verdict as a row. */
  readonly rowOf: (target: ProbeTarget, container: ObservedContainer) => HealthRow;
  readonly onVerdict: (target: ProbeTarget) => void;
}

/**
 * Notes now and then what the engine's own checks say, and asks from outside, by http, where a container's
 * image has nothing that could ask inside.
 */
export const createHealthProbe = (
  options: HealthProbeOptions,
): ((signal: AbortSignal) => Promise<void>) => {
  const { health, clock, onVerdict } = options;
  /** Newer than what the last pass saw. */
  const seen = new Map<string, ObservedContainer>();
  const notedAt = new Map<string, number>();
  const askedAt = new Map<string, number>();

  const isPast = (at: number | undefined, everyMs: number): boolean =>
    at === undefined || Math.abs(clock.now() - at) >= everyMs;

  const note = async (target: ProbeTarget): Promise<void> => {
    const { container } = target;
    const everyMs = options.everyMs();
    if (everyMs === null || !isPast(notedAt.get(container.id), everyMs)) return;
    const row = health.latest(container.id, 'docker');
    if (row !== null && !isPast(row.at, everyMs)) {
      notedAt.set(container.id, row.at);
      return;
    }
    notedAt.set(container.id, clock.now());
    const look = await options.inspect(container.id);
    if (!look.ok || look.value.state !== 'running') return;
    seen.set(container.id, look.value);
    // A verdict that changed is for a pass to note.
    if (look.value.health !== container.health) onVerdict(target);
    else if (look.value.lastCheck !== null) health.add(options.rowOf(target, look.value));
  };

  const ask = async (target: ProbeTarget): Promise<void> => {
    const { container, wish } = target;
    const latest = seen.get(container.id) ?? container;
    if (wish === null || !couldNotAsk(wish, latest.lastCheck ?? container.lastCheck)) return;
    if (!isPast(askedAt.get(container.id), wish.intervalMs)) return;
    askedAt.set(container.id, clock.now());
    const result = await question(options.askHttp, container, wish);
    const last = health.latest(container.id, 'http');
    const before = last !== null && isOfRun(last, container) ? last : null;
    const at = clock.now();
    const row = nextRow(before, result, {
      containerId: container.id,
      type: 'http',
      at,
      threshold: wish.retries,
      isForgiven: at < (container.startedAt ?? at) + wish.startPeriodMs,
    });
    const isNew = before?.status !== row.status || before.failures !== row.failures;
    const everyMs = options.everyMs();
    if (isNew || (everyMs !== null && isPast(before?.at, everyMs))) health.add(row);
    if (before?.status !== row.status) onVerdict(target);
  };

  return async (signal) => {
    const targets = options.targets().filter(({ container: { health, state } }) => {
      return health !== 'none' && state === 'running';
    });
    const ids = new Set(targets.map(({ container }) => container.id));
    for (const known of [seen, notedAt, askedAt]) {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    }
    const each = async (target: ProbeTarget): Promise<void> => {
      await note(target);
      if (!signal.aborted) await ask(target);
    };
    await inTurns(targets, each, signal);
  };
};

/**
 * On its network, where it answers for itself; else by its published port, where a refusal says nothing: the
 * port is published where the engine runs, and that may be another namespace than this one.
 */
const question = async (
  askHttp: HttpAsker,
  { config, address }: ObservedContainer,
  { probe, timeoutMs }: HealthWish,
): Promise<CheckResult> => {
  if (probe.kind !== 'http') throw new Error('only http is asked from outside');
  const { port, path } = probe;
  const direct =
    address === null ? unreached : await askHttp({ host: address, port, path, timeoutMs });
  const published = config.ports.find(
    ({ container, protocol }) => container === port && protocol === 'tcp',
  );
  if (direct.kind !== 'unknown' || published === undefined) return direct;
  const host = anywhere.get(published.hostIp) ?? published.hostIp;
  const answer = await askHttp({ host, port: published.host, path, timeoutMs });
  return answer.kind === 'bad' && !answer.isConnected ? { ...answer, kind: 'unknown' } : answer;
};

const unreached: CheckResult = {
  kind: 'unknown',
  responseMs: null,
  message: 'its image has nothing to ask with, and it has no network that it could be asked by',
};

const anywhere: ReadonlyMap<string, string> = new Map([
  ['', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);
