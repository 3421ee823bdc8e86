import { describe, expect, it } from 'vitest';
import { gatedWriter } from '../../controller/act/gate.ts';
import { failed } from '../../controller/model/failure.ts';
import type { HostHold } from '../../controller/model/freeze.ts';
import type { EngineWriter } from '../../controller/model/ports.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

/** By the engine itself, so that a new one cannot be left out here. */
const all = Object.keys(
  createMemoryEngine({ clock: createSimulatedClock() }).writer,
) as (keyof EngineWriter)[];

const bench = () => {
  const called: string[] = [];
  const noted = Object.fromEntries(
    all.map((name) => [name, () => (called.push(name), Promise.resolve({ ok: true }))]),
  ) as unknown as EngineWriter;
  let held: HostHold | null = null;
  const gated = gatedWriter(noted, () => held);
  const callAll = async (): Promise<Readonly<Record<string, unknown>>> =>
    Object.fromEntries(
      await Promise.all(
        all.map(async (name) => [name, await (gated[name] as () => Promise<unknown>)()] as const),
      ),
    );
  return { called, gated, callAll, hold: (to: HostHold | null) => (held = to) };
};

describe('the door to the engine', () => {
  it('is of every method that changes something', () => {
    expect(all.length).toBeGreaterThan(14);
    expect(Object.keys(bench().gated).sort()).toEqual([...all].sort());
  });

  it('is open where nobody holds the host', async () => {
    const { called, callAll } = bench();
    await callAll();
    expect([...called].sort()).toEqual([...all].sort());
  });

  it('lets nothing through to a frozen engine but a command in a container', async () => {
    const { called, callAll, hold } = bench();
    hold({ reason: 'Frozen', message: 'frozen by ada' });
    const results = await callAll();
    expect(called).toEqual(['exec']);
    expect(results).toEqual(
      Object.fromEntries(
        all.map((name) => [
          name,
          name === 'exec' ? { ok: true } : failed('frozen', 'frozen by ada'),
        ]),
      ),
    );
  });

  it('lets nothing at all through where MLEnv only observes, and everything once it is off', async () => {
    const { called, callAll, hold } = bench();
    hold({ reason: 'Observing', message: 'as ada said' });
    const results = await callAll();
    expect(called).toEqual([]);
    expect(results).toEqual(
      Object.fromEntries(all.map((name) => [name, failed('frozen', 'as ada said')])),
    );
    hold(null);
    await callAll();
    expect([...called].sort()).toEqual([...all].sort());
  });
});
