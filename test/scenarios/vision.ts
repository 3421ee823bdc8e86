import type { ObservedContainer } from '../../controller/model/container.ts';
import { specOf } from '../support/world-words.ts';
import type { World } from '../support/world.ts';

/** The project that most stories are about. */
export const folder = '/srv/vision';

export const write = (
  world: World,
  environments: Parameters<typeof specOf>[0],
  at = folder,
): void => world.files.write(`${at}/mlenv.yaml`, specOf(environments));

export const runs =
  (world: World, environment: string, image = 'app:1') =>
  (): boolean =>
    containerOf(world, environment)?.config.image === image &&
    containerOf(world, environment)?.state === 'running' &&
    world.environment(folder, environment)?.phase === 'running.healthy';

export const says = (world: World, environment: string, reason: string) => (): boolean =>
  world.environment(folder, environment)?.reason === reason;

export const isGone = (world: World, environment: string) => (): boolean =>
  world.containers(folder, environment).length === 0;

export const containerOf = (world: World, environment: string): ObservedContainer | undefined =>
  world.containers(folder, environment)[0];

/** As far as a file and a first start go. */
export const bringUp = async (
  world: World,
  environments: Readonly<
    Record<string, { readonly image: string; readonly [field: string]: unknown }>
  >,
): Promise<void> => {
  write(world, environments);
  await world.start();
  for (const [name, { image }] of Object.entries(environments)) {
    await world.until(`${name} runs`, runs(world, name, image));
  }
};
