import type { ObservedContainer } from '../../controller/model/container.ts';
import type { HealthWish } from '../../controller/model/environment.ts';
import { failed, ok, type Result } from '../../controller/model/failure.ts';
import type { ExecSession } from '../../controller/model/ports.ts';
import type { ProbeTarget } from '../../controller/monitor/probe-targets.ts';
import { configOf, noon, observed } from '../support/plan-builders.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';
import { openTestStore } from '../store/support.ts';

/** A record, a clock that only moves when told, and containers that say what a test wants. */
export const bench = () => {
  const { store } = openTestStore();
  const clock = createSimulatedClock(noon);
  const targets: ProbeTarget[] = [];
  const rung: string[] = [];
  return {
    store,
    clock,
    targets,
    rung,
    common: {
      targets: () => targets,
      health: store.health,
      clock,
      onVerdict: ({ key }: ProbeTarget) => void rung.push(key),
    },
    container: (id: string): ObservedContainer | undefined =>
      targets.find(({ container }) => container.id === id)?.container,
    add: (over: Partial<ObservedContainer> = {}, wish: HealthWish | null = null): void => {
      const id = over.id ?? 'c1';
      targets.push({
        key: `p1/${id}`,
        container: observed(configOf(), { startedAt: noon - 60_000, ...over, id }),
        wish,
      });
    },
    rows: (id: string, type: 'docker' | 'http' | 'gpu') => store.health.latest(id, type),
  };
};

/** A command that has said this and ended; null: one that never does. */
export const command = (
  end: { readonly output: string; readonly exitCode: number } | null,
): Result<ExecSession> => {
  let close = (): void => {};
  const closed = new Promise<void>((resolve) => (close = resolve));
  return ok({
    output: (async function* () {
      if (end === null) await closed;
      else yield { stream: 'stdout' as const, data: new TextEncoder().encode(end.output) };
    })(),
    write: () => {},
    endInput: () => {},
    resize: async () => {},
    exitCode: async () => (end === null ? failed('unknown', 'it was closed') : ok(end.exitCode)),
    close,
  });
};
