import { describe, expect, it } from 'vitest';
import { createManager, type Runnable } from '../../controller/loop/manager.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const setUp = (overrides: Readonly<Record<string, Partial<Runnable>>> = {}) => {
  const clock = createSimulatedClock();
  const log: string[] = [];
  const fails = new Map<string, (error: unknown) => void>();
  const runnables = ['store', 'loop', 'server'].map((name) => ({
    name,
    start: (fail: (error: unknown) => void) => {
      log.push(`start ${name}`);
      fails.set(name, fail);
    },
    stop: () => void log.push(`stop ${name}`),
    ...overrides[name],
  }));
  const manager = createManager({ clock, runnables, startWithinMs: 1000, stopWithinMs: 500 });
  return { clock, log, fails, manager };
};

const never = (): Promise<void> => new Promise(() => {});

describe('the manager', () => {
  it('starts in order and stops in reverse', async () => {
    const { log, manager } = setUp();
    await manager.start();
    await manager.stop();
    await manager.stop();
    expect(log).toEqual([
      'start store',
      'start loop',
      'start server',
      'stop server',
      'stop loop',
      'stop store',
    ]);
    expect(await manager.ended).toEqual({ failure: null, unclean: [] });
  });

  it('waits for one to be ready before it starts the next', async () => {
    let ready = (): void => {};
    const { log, manager } = setUp({
      store: { start: () => new Promise<void>((resolve) => (ready = resolve)) },
    });
    const started = manager.start();
    await Promise.resolve();
    expect(log).toEqual([]);
    ready();
    await started;
    expect(log).toEqual(['start loop', 'start server']);
  });

  it('stops what was started when one cannot start', async () => {
    const error = new Error('port taken');
    const { log, manager } = setUp({ loop: { start: () => Promise.reject(error) } });
    await expect(manager.start()).rejects.toBe(error);
    expect(log).toEqual(['start store', 'stop loop', 'stop store']);
    expect(await manager.ended).toEqual({ failure: { name: 'loop', error }, unclean: [] });
  });

  it('stops all when one is not ready in time', async () => {
    const { clock, log, manager } = setUp({ loop: { start: never } });
    const started = expect(manager.start()).rejects.toThrow('loop was not ready within 1000 ms');
    await clock.advance(1000);
    await started;
    expect(log).toEqual(['start store', 'stop loop', 'stop store']);
  });

  it('stops all when one fails later on, once, and names it', async () => {
    const { fails, log, manager } = setUp();
    await manager.start();
    const error = new Error('engine gone');
    fails.get('loop')?.(error);
    fails.get('server')?.(new Error('second'));
    expect(await manager.ended).toEqual({ failure: { name: 'loop', error }, unclean: [] });
    expect(log.slice(3)).toEqual(['stop server', 'stop loop', 'stop store']);
  });

  it('leaves behind what does not stop in time, and still stops the rest', async () => {
    const { clock, log, manager } = setUp({
      server: { stop: never },
      loop: { stop: () => Promise.reject(new Error('no')) },
    });
    await manager.start();
    const stopped = manager.stop();
    await clock.advance(500);
    await stopped;
    expect(log.at(-1)).toBe('stop store');
    expect(await manager.ended).toEqual({ failure: null, unclean: ['server', 'loop'] });
  });
});
