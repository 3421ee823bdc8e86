import { expect, it } from 'vitest';
import { gatedWriter } from '../../controller/act/gate.ts';
import type { EngineWriter } from '../../controller/model/ports.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

it('lets nothing through to a frozen engine but a command in a container', async () => {
  const { writer } = createMemoryEngine({ clock: createSimulatedClock() });
  const called: string[] = [];
  const all = Object.keys(writer) as (keyof EngineWriter)[];
  const noted = Object.fromEntries(
    all.map((name) => [name, () => (called.push(name), Promise.resolve({ ok: true }))]),
  ) as unknown as EngineWriter;
  let frozen: string | null = 'frozen by ada';
  const gated = gatedWriter(noted, () => frozen);
  expect(Object.keys(gated).sort()).toEqual([...all].sort());
  const callAll = async (): Promise<readonly unknown[]> =>
    Promise.all(all.map((name) => (gated[name] as () => Promise<unknown>)()));
  const results = await callAll();
  expect(called).toEqual(['exec']);
  const refusal = {
    ok: false,
    failure: { kind: 'frozen', message: 'frozen by ada', status: null },
  };
  expect(results.filter((result) => (result as { ok: boolean }).ok)).toHaveLength(1);
  expect(results.find((result) => !(result as { ok: boolean }).ok)).toEqual(refusal);
  frozen = null;
  called.length = 0;
  await callAll();
  expect([...called].sort()).toEqual([...all].sort());
});
