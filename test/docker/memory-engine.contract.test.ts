import { bakedEnv, plainConfig, richDefaults, value } from '../contracts/engine-bench.ts';
import { engineContract } from '../contracts/engine.contract.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

engineContract('the engine in memory', () => {
  const clock = createSimulatedClock();
  const engine = createMemoryEngine({ clock });
  engine.addImage('mlenv.test/plain:1', { command: ['sleep', '1000000'] });
  engine.addImage('mlenv.test/rich:1', richDefaults);
  engine.addImage('mlenv.test/baked:1', { command: ['sleep', '1000000'], env: bakedEnv });
  engine.addPullable('mlenv.test/pullable:1', { ticks: 3, tickMs: 100 });
  engine.removePath('/missing');
  const stepMs = 100;
  return Promise.resolve({
    reader: engine.reader,
    writer: engine.writer,
    plainImage: 'mlenv.test/plain:1',
    richImage: 'mlenv.test/rich:1',
    bakedImage: 'mlenv.test/baked:1',
    folder: '/folder',
    missingFolder: '/missing',
    unpullable: 'mlenv.test/unpullable:1',
    pullable: 'mlenv.test/pullable:1',
    until: async (holds) => {
      for (let step = 0; step < 1000; step += 1) {
        await clock.settle();
        if (await holds()) return;
        await clock.advance(stepMs);
      }
      throw new Error('it never came to hold');
    },
    settled: async (call) => {
      const state = { over: false };
      const watched = call.finally(() => {
        state.over = true;
      });
      for (let step = 0; step < 1000 && !state.over; step += 1) await clock.advance(stepMs);
      if (!state.over) throw new Error('it never ended');
      return watched;
    },
    close: () => Promise.resolve(),
    runByHand: async ({ name, labels, gpus }) => {
      const wish = { ...plainConfig, name, labels, image: 'mlenv.test/plain:1' };
      const { id } = value(await engine.writer.create(wish, []));
      if (gpus !== null) engine.claimGpus(id, gpus);
      engine.handStart(id);
      return id;
    },
    createByHand: async ({ name, labels, privileged }) => {
      const wish = { ...plainConfig, name, labels, image: 'mlenv.test/plain:1' };
      const { id } = value(await engine.writer.create(wish, []));
      const excess = { rule: 'MLE-SEC-001', message: 'it is privileged' } as const;
      if (privileged) engine.giveRights(id, [excess]);
      return id;
    },
    injections: ['device-request', 'cdi', 'runtime', 'none'],
    failGpuHook: (fails) => engine.failGpuHook(fails),
  });
});
