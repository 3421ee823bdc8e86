import { beginHistory, heal, playOne } from './history.ts';
import { strangersOf } from './oracle.ts';
import type { Played } from './played.ts';
import { serveEverybody } from './serve.ts';
import { rest } from './story.ts';

export interface SeedResult {
  readonly seed: number;
  /** Of every effect with its time: two runs of one seed have the same. */
  readonly hash: string;
  readonly effects: number;
}

/** L1: two resyncs, the longest back-off, the prune grace, and what they may wait for one another. */
const boundMs = 2 * 33_000 + 345_000 + 600_000 + 300_000;

/** Plays the history of one seed, heals it, and holds what has come of it against what was wished. */
export const runSeed = async (seed: number): Promise<SeedResult> => {
  const played = await beginHistory(seed);
  const { world, dice } = played;
  try {
    const length = 4 + dice.below(12);
    for (let act = 0; act < length; act += 1) await playOne(played);
    await heal(played);
    await converge(played);
    await rest(world, seed % 10 === 0 ? 100 : 20);
    await serveEverybody(played);
    return { seed, hash: world.hash(), effects: world.trace.length };
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  } finally {
    world.close();
  }
};

const converge = async (played: Played): Promise<void> => {
  const { world } = played;
  let strangers: readonly string[] = [];
  for (let passed = 0; passed <= boundMs; passed += 65_000) {
    await world.settle(65_000, boundMs);
    strangers = strangersOf(played);
    if (strangers.length === 0) return;
  }
  world.broken.push(`healed, it converges: ${strangers.join('; ')}`);
  world.step();
};
