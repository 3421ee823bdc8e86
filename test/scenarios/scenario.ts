import { describe, expect, test } from 'vitest';
import { tell, type Story, type Told } from '../campaign/story.ts';

/**
 * A story, told four ways: as it is; with the controller killed at every one of its effects; with each
 * of the engine's events lost; with all of them lost. However it is told, it ends alike.
 */
export const scenario = (name: string, story: Story, options: ScenarioOptions = {}): void => {
  describe(name, () => {
    let reference: Told | null = null;
    const plainly = async (): Promise<Told> => (reference ??= await tell(story));

    test('it happens', async () => {
      const { effects } = await plainly();
      expect(effects.length).toBeGreaterThan(0);
    });

    test('killed at any step, it ends in the same place', async () => {
      const { picture, created, effects } = await plainly();
      for (const { number, isEngine } of effects) {
        for (const when of isEngine ? (['before', 'after'] as const) : (['before'] as const)) {
          const told = await tell(story, { dieAt: { effect: number, when }, passes: 2 }).catch(
            (error: unknown) => {
              throw new Error(`killed ${when} effect ${number}`, { cause: error });
            },
          );
          expect(told.picture, `killed ${when} effect ${number}`).toEqual(picture);
          if (options.createsAgain !== true) {
            expect(told.created, `killed ${when} effect ${number}`).toEqual(created);
          }
        }
      }
    });

    test('with any event lost, it ends in the same place', async () => {
      const { picture, events } = await plainly();
      for (let lost = 0; lost < events; lost += 1) {
        const told = await tell(story, { dropEvent: (index) => index === lost, passes: 2 });
        expect(told.picture, `without event ${lost}`).toEqual(picture);
      }
      const told = await tell(story, { dropEvent: () => true, passes: 2 });
      expect(told.picture, 'without any event').toEqual(picture);
    });
  });
};

export interface ScenarioOptions {
  /** How often something is made again depends on when the controller died. */
  readonly createsAgain?: boolean;
}
