import type { ActionResult, EnvironmentRef } from '../../controller/model/api.ts';
import type { World } from '../support/world.ts';

/** What people type, typed again where the controller died under it. */
const by = 'ada';

export const up = (
  world: World,
  path: string,
  approve: readonly string[] = [],
  environment: string | null = null,
): Promise<ActionResult> => world.ask((api) => api.up({ path, approve, environment, by }));

export const down = (
  world: World,
  path: string,
  environment: string | null = null,
): Promise<ActionResult> => world.ask((api) => api.down({ path, environment, by }));

export const remove = (
  world: World,
  path: string,
  { volumes = false, environment = null as string | null } = {},
): Promise<ActionResult> => world.ask((api) => api.remove({ path, environment, volumes, by }));

const refOf = (path: string, environment: string): EnvironmentRef => ({
  path,
  project: null,
  environment,
});

export const restart = (world: World, path: string, environment: string): Promise<ActionResult> =>
  world.ask((api) => api.restart({ ref: refOf(path, environment), by }));

export const approve = (world: World, path: string, environment: string): Promise<ActionResult> =>
  world.ask((api) => api.approve({ ref: refOf(path, environment), by }));

export const suspend = (world: World, path: string, environment: string): Promise<ActionResult> =>
  world.ask((api) => api.suspend({ ref: refOf(path, environment), by }));

export const resume = (world: World, path: string, environment: string): Promise<ActionResult> =>
  world.ask((api) => api.resume({ ref: refOf(path, environment), by }));

export const confirm = (world: World): Promise<ActionResult> =>
  world.ask((api) => api.confirm({ user: null, by }));

export const freeze = (world: World): Promise<ActionResult> =>
  world.ask((api) => api.freeze({ why: 'the disk is full', by }));

export const thaw = (world: World): Promise<ActionResult> => world.ask((api) => api.thaw({ by }));

export const observe = (world: World, on: boolean): Promise<ActionResult> =>
  world.ask((api) => api.observe({ on, by }));
