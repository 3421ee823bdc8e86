import { describe, expect, test } from 'vitest';
import { runSeed } from './seed.ts';

/** Each part has its own numbers, so that a failing seed is the same one everywhere. */
const part = 125;

describe.each([0, 1, 2, 3])('random histories, part %i', (index) => {
  test(
    'whatever happens, every promise is kept and it converges',
    { timeout: 300_000 },
    async () => {
      let effects = 0;
      for (let seed = index * part + 1; seed <= (index + 1) * part; seed += 1) {
        effects += (await runSeed(seed)).effects;
      }
      expect(effects).toBeGreaterThan(part);
    },
  );
});

test('a seed replays exactly', { timeout: 300_000 }, async () => {
  for (let seed = 10_001; seed <= 10_050; seed += 1) {
    const first = await runSeed(seed);
    expect(await runSeed(seed)).toEqual(first);
  }
});
