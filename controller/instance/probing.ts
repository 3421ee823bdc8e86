import type { Runnable } from '../loop/manager.ts';
import { environmentKey } from '../model/key.ts';
import { label } from '../model/labels.ts';
import { askHttp } from '../monitor/http-asker.ts';
import { createGpuProbe } from '../monitor/probe-gpus.ts';
import { createHealthProbe } from '../monitor/probe-health.ts';
import type { ProbeTarget } from '../monitor/probe-targets.ts';
import { createSampler } from '../monitor/sampler.ts';
import type { Deps } from '../reconcile/deps.ts';
import { engineRow } from '../reconcile/health-rows.ts';

/** How often it is seen who is due, at the most. */
const tickMs = 5000;

/** Asks containers how they are, beside the passes and never in one. */
export const probing = (deps: Deps, onTrouble: (message: string) => void): Runnable => {
  const { clock, config, gpus, memory, reader, ring, store, writer } = deps;
  const { health } = store;
  const onVerdict = ({ key }: ProbeTarget): void => ring.environment(key);
  const targets = (): readonly ProbeTarget[] => targetsOf(deps);
  const common = { targets, health, clock, onVerdict };
  const passes = [
    createHealthProbe({
      ...common,
      inspect: (id) => reader.inspect(id),
      askHttp,
      everyMs: () => config.current().health.everyMs,
      rowOf: ({ key }, container) =>
        engineRow(container, {
          wish: memory.wishes.get(key) ?? {
            kind: 'unresolved',
            reason: 'SpecUnresolved',
            message: '',
          },
          at: clock.now(),
        }),
    }),
    createGpuProbe({
      ...common,
      exec: (id, options) => writer.exec(id, options),
      // It asks by a command in the container, which is not run by who only observes.
      everyMs: () =>
        deps.frozen()?.reason === 'Observing' ? null : config.current().health.gpuEveryMs,
      timeoutMs: () => config.current().gpu.timeoutMs,
      hostTrouble: () => gpus.trouble(),
    }),
  ];
  const samplers = passes.map((pass) =>
    createSampler({
      clock,
      everyMs: () => Math.min(tickMs, config.current().health.gpuEveryMs ?? tickMs),
      pass: async (signal) => {
        // Nothing is asked whose answer could not be noted, and nothing of an engine that is silent.
        if (memory.recordTrouble !== null || memory.engineTrouble !== null) return;
        await pass(signal);
      },
      onError: (error) => onTrouble(`asking containers how they are failed: ${String(error)}`),
    }),
  );
  return {
    name: 'probes',
    start: () => samplers.forEach((sampler) => sampler.start()),
    stop: () => samplers.forEach((sampler) => sampler.stop()),
  };
};

/** What passes saw last: a new process has looked at everything before it asks anybody. */
const targetsOf = ({ memory }: Deps): readonly ProbeTarget[] =>
  [...memory.inspected.values()].flatMap((container) => {
    const projectId = container.labels[label.projectId];
    const environment = container.labels[label.environment];
    if (container.state !== 'running' || projectId === undefined || environment === undefined) {
      return [];
    }
    const key = environmentKey({ projectId, environment });
    const wish = memory.wishes.get(key);
    return [{ key, container, wish: wish?.kind === 'wanted' ? wish.environment.health : null }];
  });
