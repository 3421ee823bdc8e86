import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createNgcSearch } from '../../controller/catalog/ngc.ts';
import { createRegistryReader } from '../../controller/catalog/registry.ts';
import { syncCatalogue, type SyncEnd } from '../../controller/catalog/sync.ts';
import { versionFacts } from '../../controller/catalog/version-facts.ts';
import { openTestStore } from '../store/support.ts';
import { ngcAnswers } from '../support/ngc-server.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

it('a thousand tags are read at no more than thirty requests in any minute', async () => {
  const clock = createSimulatedClock(0);
  const { store } = openTestStore();
  const answer = ngcAnswers(
    'nvidia/pytorch',
    Array.from({ length: 1000 }, (_, n) => `24.${n}-py3`),
  );
  const asked: number[] = [];
  const fetch: typeof globalThis.fetch = async (input) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.hostname === 'nvcr.io') asked.push(clock.now());
    const { status, headers, data } = answer(url.pathname);
    return new Response(new Uint8Array(data), { status, headers });
  };
  const http = { clock, random: { fraction: () => 0.5 }, fetch };
  const options = {
    table: store.syncs,
    registry: createRegistryReader(http),
    search: createNgcSearch({ ...http, url: () => 'http://ngc.test' }),
    factsOf: versionFacts,
    architecture: 'amd64',
    clock,
  };
  const pass = store.syncs.begin({ scope: 'nvidia', by: 'ada', at: 0 });
  const ended: { value: SyncEnd | null } = { value: null };
  void syncCatalogue(options, pass, new AbortController().signal).then((end) => {
    ended.value = end;
  });
  while (ended.value === null) {
    const before = asked.length;
    for (let turns = 0; turns < 5; turns += 1) await setImmediate();
    if (asked.length === before) await clock.advance(1000);
  }
  expect(ended.value).toEqual({ kind: 'complete', retired: 0 });
  expect(store.syncs.counts(1)).toMatchObject({ versions: 1000, checked: 1000 });
  asked.forEach((at, n) => {
    const later = asked[n + 30];
    if (later !== undefined) expect(later - at, `request ${n}`).toBeGreaterThanOrEqual(60_000);
  });
  expect(asked.length).toBeLessThan(2100);
});
