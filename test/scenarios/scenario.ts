import { describe, expect, test } from 'vitest';
import { tell, type Story, type Told } from '../campaign/story.ts';
import { part } from './part.ts';

/**
 * A story, told four ways: as it is; with the controller killed at its effects; with one of the engine's
 * events lost; with all of them lost. However it is told, it ends alike. `npm test` plays an even part of
 * the faults, `npm run stories -- test/scenarios` every one: ./part.ts.
 */
export const scenario = (name: string, story: Story, options: ScenarioOptions = {}): void => {
  describe(name, () => {
    let reference: Told | null = null;
    const host = {
      ...(options.cards === undefined ? {} : { cards: options.cards }),
      ...(options.usage === undefined ? {} : { usage: options.usage }),
    };
    const plainly = async (): Promise<Told> => (reference ??= await tell(story, host));

    test('it happens', async () => {
      const { effects } = await plainly();
      expect(effects.length).toBeGreaterThan(0);
    });

    test('killed at any step, it ends in the same place', async () => {
      const { picture, created, effects } = await plainly();
      const last = effects.at(-1) ?? 0;
      // After an effect, with its reply lost, is before the next one: nothing changes in between.
      const deaths = [
        ...effects.map((effect) => ({ effect, when: 'before' as const })),
        { effect: last, when: 'after' as const },
      ];
      for (const dieAt of part(deaths)) {
        const where = `killed ${dieAt.when} effect ${dieAt.effect}`;
        const told = await tell(story, { ...host, dieAt, passes: 2 }).catch((error: unknown) => {
          throw new Error(where, { cause: error });
        });
        expect(told.picture, where).toEqual(picture);
        if (options.createsAgain !== true) expect(told.created, where).toEqual(created);
      }
    });

    test('with any event lost, it ends in the same place', async () => {
      const { picture, events } = await plainly();
      for (const lost of part(Array.from({ length: events }, (_, index) => index))) {
        const told = await tell(story, {
          ...host,
          dropEvent: (index) => index === lost,
          passes: 2,
        });
        expect(told.picture, `without event ${lost}`).toEqual(picture);
      }
      const told = await tell(story, { ...host, dropEvent: () => true, passes: 2 });
      expect(told.picture, 'without any event').toEqual(picture);
    });
  });
};

export interface ScenarioOptions {
  /** How often something is made again depends on when the controller died. */
  readonly createsAgain?: boolean;
  /** Its host has cards, given out in this order. */
  readonly cards?: 'strict' | 'best-effort';
  /** true: what its containers use is sampled and judged. */
  readonly usage?: boolean;
}
