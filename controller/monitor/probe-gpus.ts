import { isOfRun, nextRow, type CheckResult, type HealthRow } from '../model/health.ts';
import type { Clock, EngineWriter } from '../model/ports.ts';
import type { Store } from '../model/store.ts';
import { firstLine, gpuAccess } from './gpu-access.ts';
import { inTurns, type ProbeTarget } from './probe-targets.ts';
import { runCommand } from './run-command.ts';

export interface GpuProbeOptions {
  readonly targets: () => readonly ProbeTarget[];
  readonly exec: EngineWriter['exec'];
  readonly health: Store['health'];
  readonly clock: Clock;
  /** null: nobody is asked. */
  readonly everyMs: () => number | null;
  readonly timeoutMs: () => number;
  /** Why the host itself cannot read its cards; null: it can. */
  readonly hostTrouble: () => string | null;
  readonly onVerdict: (target: ProbeTarget) => void;
}

/** Twice in a row is lost. */
const threshold = 2;
/** A first failure is asked again soon. */
const againMs = 30_000;

/**
 * Asks containers with cards whether they still reach them, each as often as the configuration says: what
 * was asked when is in the record, so that a new process neither asks all at once nor forgets a failure.
 */
export const createGpuProbe = (
  options: GpuProbeOptions,
): ((signal: AbortSignal) => Promise<void>) => {
  const { health, clock, onVerdict } = options;
  /** Commands that did not come back: no second one is sent after them. */
  const hanging = new Set<string>();

  const ask = async ({ container }: ProbeTarget, signal: AbortSignal): Promise<CheckResult> => {
    const began = clock.now();
    const timeoutMs = options.timeoutMs();
    const end = await runCommand(
      options,
      { containerId: container.id, argv: ['nvidia-smi', '-L'], timeoutMs },
      signal,
    );
    const responseMs = Math.max(0, clock.now() - began);
    switch (end.kind) {
      case 'late':
        hanging.add(container.id);
        void end.ended.finally(() => hanging.delete(container.id)).catch(() => {});
        return {
          kind: 'unknown',
          responseMs,
          message: `nvidia-smi did not answer within ${Math.ceil(timeoutMs / 1000)} s`,
        };
      case 'failed':
        return { kind: 'unknown', responseMs, message: firstLine(end.message) };
      case 'ended':
        return { ...gpuAccess(end), responseMs };
      default:
        return end satisfies never;
    }
  };

  const look = async (target: ProbeTarget, signal: AbortSignal): Promise<void> => {
    const { container } = target;
    const said = await ask(target, signal);
    if (signal.aborted) return;
    const trouble = said.kind === 'bad' ? options.hostTrouble() : null;
    const result =
      trouble === null
        ? said
        : {
            ...said,
            kind: 'unknown' as const,
            message: `the host cannot read its cards: ${trouble}`,
          };
    const before = rowOf(container);
    const row = nextRow(before, result, {
      containerId: container.id,
      type: 'gpu',
      at: clock.now(),
      threshold,
      isForgiven: false,
    });
    health.add(row);
    if (before?.status !== row.status || before.message !== row.message) onVerdict(target);
  };

  const rowOf = (container: ProbeTarget['container']): HealthRow | null => {
    const row = health.latest(container.id, 'gpu');
    return row !== null && isOfRun(row, container) ? row : null;
  };

  const isDue = ({ container }: ProbeTarget, everyMs: number): boolean => {
    if ((container.config.gpus?.ids.length ?? 0) === 0 || container.state !== 'running')
      return false;
    if (hanging.has(container.id)) return false;
    // A row of the second in which it started is taken for one of the run before.
    if (clock.now() - (container.startedAt ?? 0) < settleMs) return false;
    const row = rowOf(container);
    if (row === null) return true;
    const isDoubtful = row.failures > 0 && row.status !== 'unhealthy';
    return Math.abs(clock.now() - row.at) >= (isDoubtful ? Math.min(againMs, everyMs) : everyMs);
  };

  return async (signal) => {
    const everyMs = options.everyMs();
    if (everyMs === null) return;
    const due = options.targets().filter((target) => isDue(target, everyMs));
    await inTurns(due, (target) => look(target, signal), signal);
  };
};

const settleMs = 2000;
