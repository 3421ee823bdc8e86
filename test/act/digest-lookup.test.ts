import { expect, test } from 'vitest';
import { createDigestLookup } from '../../controller/act/digest-lookup.ts';
import type { DigestLookup } from '../../controller/model/image-pin.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';
import { createWorldRegistry } from '../support/world-registry.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const clock = createSimulatedClock();

const given = () => {
  const registry = createWorldRegistry();
  const told: string[] = [];
  const lookup = createDigestLookup({
    registry: registry.reader,
    clock,
    onAnswer: (key) => void told.push(key),
  });
  return { registry, told, lookup };
};

const settled = async (lookup: DigestLookup, reference: string): Promise<void> => {
  while (lookup.look(reference).kind === 'asking') await new Promise((done) => setImmediate(done));
};

test('one question for all who wait, and its answer once for each', async () => {
  const { registry, told, lookup } = given();
  registry.move('a:1', digest);
  expect(lookup.ask('a:1', 'p/one')).toEqual({ kind: 'asking' });
  expect(lookup.ask('a:1', 'p/two')).toEqual({ kind: 'asking' });
  await settled(lookup, 'a:1');
  expect(registry.asked).toEqual(['a:1']);
  expect(told).toEqual(['p/one', 'p/two']);
  expect(lookup.ask('a:1', 'p/one')).toEqual({ kind: 'found', digest });
  expect(lookup.ask('a:1', 'p/two')).toEqual({ kind: 'found', digest });
  // The tag may have been moved since.
  expect(lookup.ask('a:1', 'p/two')).toEqual({ kind: 'asking' });
  await settled(lookup, 'a:1');
  expect(registry.asked).toHaveLength(2);
});

test('a fault is told with its cure, and asked again later and later', async () => {
  const { registry, lookup } = given();
  registry.isDown = true;
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    lookup.ask('a:1', 'p/one');
    await settled(lookup, 'a:1');
    const answer = lookup.ask('a:1', 'p/one');
    if (answer.kind !== 'failed') throw new Error(answer.kind);
    expect(answer.message).toContain('nobody answers; look at the network');
    waits.push((answer.retryAt - clock.now()) / 1000);
    expect(registry.asked).toHaveLength(round + 1);
    await clock.advance(answer.retryAt - clock.now());
  }
  expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300]);
});

test('few are asked at once', async () => {
  const open: (() => void)[] = [];
  const lookup = createDigestLookup({
    registry: {
      digest: () => new Promise((resolve) => open.push(() => resolve({ ok: true, value: digest }))),
    },
    clock,
    onAnswer: () => undefined,
    atOnce: 2,
  });
  for (const name of ['a', 'b', 'c']) lookup.ask(name, 'p/key');
  expect(open).toHaveLength(2);
  open[0]?.();
  await settled(lookup, 'a');
  await new Promise((done) => setImmediate(done));
  expect(open).toHaveLength(3);
});

test('a process that asks no registry says so', () => {
  const lookup = createDigestLookup({ registry: null, clock, onAnswer: () => undefined });
  expect(lookup.ask('a:1', 'p/one')).toMatchObject({
    kind: 'failed',
    message: 'this process asks no registry',
  });
});
