import { fault } from '../../controller/catalog/fault.ts';
import type { RegistryReader } from '../../controller/model/registry.ts';

/** A registry that a scenario fills: what each tag names now. */
export interface WorldRegistry {
  readonly reader: RegistryReader;
  /** The tag names this from now on; null: it is gone. */
  move(reference: string, digest: string | null): void;
  /** It answers nobody. */
  isDown: boolean;
  /** References that were asked for, in order. */
  readonly asked: string[];
}

export const createWorldRegistry = (): WorldRegistry => {
  const digests = new Map<string, string>();
  const world: WorldRegistry = {
    isDown: false,
    asked: [],
    move: (reference, digest) => {
      if (digest === null) digests.delete(reference);
      else digests.set(reference, digest);
    },
    reader: {
      digest: async (reference) => {
        world.asked.push(reference);
        if (world.isDown)
          return fault({ code: 'Unreachable', message: `${reference}: nobody answers` });
        const digest = digests.get(reference);
        return digest === undefined
          ? fault({ code: 'NotFound', message: `there is no ${reference}` })
          : { ok: true, value: digest };
      },
      resolve: () => Promise.reject(new Error('nobody reads what is in an image here')),
      tags: () => {
        throw new Error('nobody lists tags here');
      },
    },
  };
  return world;
};
