import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkQueue } from '../../controller/loop/work-queue.ts';

describe('the work queue', () => {
  it('gives keys out in the order they came, each once', async () => {
    const queue = createWorkQueue();
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['a', 'b', 'c']);
    expect(queue.counts).toEqual({ waiting: 0, processing: 3 });
  });

  it('runs a key once more that was added while in work, and not before its work ended', async () => {
    const queue = createWorkQueue();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.add('a');
    const again = queue.get();
    queue.add('b');
    expect(await again).toBe('b');
    const third = queue.get();
    queue.done('a');
    expect(await third).toBe('a');
    queue.done('a');
    expect(queue.counts).toEqual({ waiting: 0, processing: 1 });
  });

  it('lets normal keys go before low ones, and lifts a low key that is added as normal', async () => {
    const queue = createWorkQueue();
    queue.add('low1', { low: true });
    queue.add('low2', { low: true });
    queue.add('normal');
    queue.add('low2');
    queue.add('normal', { low: true });
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual([
      'normal',
      'low2',
      'low1',
    ]);
  });

  it('keeps a key that was added as normal in work before low ones', async () => {
    const queue = createWorkQueue();
    queue.add('a');
    await queue.get();
    queue.add('b', { low: true });
    queue.add('a', { low: true });
    queue.add('a');
    queue.add('a', { low: true });
    queue.done('a');
    expect(await queue.get()).toBe('a');
  });

  it('does not let a busy key starve the low ones', async () => {
    const queue = createWorkQueue();
    queue.add('low', { low: true });
    const seen: (string | null)[] = [];
    for (let i = 0; i < 40; i += 1) {
      queue.add('busy');
      const key = await queue.get();
      seen.push(key);
      if (key !== null) queue.done(key);
    }
    expect(seen).toContain('low');
  });

  it('at shutdown wakes those who wait, drops what waits and waits for what is in work', async () => {
    const queue = createWorkQueue();
    queue.add('a');
    await queue.get();
    const waiting = queue.get();
    queue.add('a');
    let drained = false;
    const shutDown = queue.shutDown().then(() => (drained = true));
    expect(await waiting).toBeNull();
    queue.add('b');
    expect(await queue.get()).toBeNull();
    expect(drained).toBe(false);
    queue.done('a');
    await shutDown;
    expect(queue.counts).toEqual({ waiting: 0, processing: 0 });
  });

  it('never has a key in two hands and loses none, whatever the order of calls', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const command = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), key, low: fc.boolean() }),
      fc.record({ kind: fc.constant('get' as const) }),
      fc.record({ kind: fc.constant('done' as const), index: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const queue = createWorkQueue();
        const inWork = new Set<string>();
        /** Keys that must still be given out after their last add. */
        const owed = new Set<string>();
        const faults: string[] = [];
        const take = (given: string | null): void => {
          if (given === null) return void faults.push('null while open');
          if (inWork.has(given)) faults.push(`${given} is in two hands`);
          if (!owed.delete(given)) faults.push(`${given} was not asked for`);
          inWork.add(given);
        };
        for (const command of commands) {
          if (command.kind === 'add') {
            queue.add(command.key, { low: command.low });
            owed.add(command.key);
          } else if (command.kind === 'get') {
            void queue.get().then(take);
          } else {
            const done = [...inWork][command.index];
            if (done !== undefined) {
              inWork.delete(done);
              queue.done(done);
            }
          }
          await Promise.resolve().then(() => {});
        }
        for (let round = 0; owed.size > 0 || inWork.size > 0; round += 1) {
          expect(round).toBeLessThan(100);
          for (const done of inWork) {
            inWork.delete(done);
            queue.done(done);
          }
          if (owed.size > 0) void queue.get().then(take);
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect(faults).toEqual([]);
        expect(queue.counts).toEqual({ waiting: 0, processing: 0 });
      }),
      { numRuns: 300 },
    );
  });
});
