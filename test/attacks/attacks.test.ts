import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageFolder } from '../../schema/files.ts';
import type { Ground } from './attack.ts';
import { makeGround } from './ground.ts';
import { attacks } from './list.ts';
import { applyPatch, patchNames } from './patches.ts';

/**
 * Against the product as it is every attack fails. Where `npm run attacks` has taken a cure away in a copy of
 * the tree, it names that cure here, and each attack of that cure must win.
 */
const off = process.env['ATTACKS_OFF'] ?? null;

let ground: Ground & { cleanup(): Promise<void> };

beforeAll(async () => {
  ground = await makeGround();
});
afterAll(async () => {
  await ground?.cleanup();
});

test.each(attacks.filter((each) => off === null || each.off === off))(
  '$name',
  async ({ play, prize }) => {
    const { won, seen } = await play(ground);
    expect(won, `${prize}\n${seen}\n${ground.machine.log().slice(-2000)}`).toBe(off !== null);
  },
  300_000,
);

test.runIf(off === null)('every cure has its patch, and every patch applies', () => {
  expect(patchNames()).toEqual([...new Set(attacks.map((each) => each.off))].sort());
  for (const name of patchNames()) applyPatch(packageFolder(), name, { check: true });
});
