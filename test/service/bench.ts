import { onTestFinished } from 'vitest';
import type { ActionResult } from '../../controller/model/api.ts';
import { World, type WorldOptions } from '../support/world.ts';

/** Outside the watched root: nothing is known of it before somebody asks. */
export const folder = '/home/ada/vision';
export const by = 'ada';
export const here = (environment: string) => ({ path: folder, project: null, environment });

/** Environments of one file, each as a line of YAML. */
export type Lines = Readonly<Record<string, string>>;

export const write = (world: World, lines: Lines, at = folder, project = 'vision'): void => {
  const environments = Object.entries(lines).map(([name, line]) => `  ${name}: { ${line} }`);
  const text = ['apiVersion: mlenv/v1', `project: ${project}`, 'environments:', ...environments];
  world.files.write(`${at}/mlenv.yaml`, `${text.join('\n')}\n`);
};

/** A controller, and a project that it does not know yet. */
export const stranger = async (lines: Lines, options: WorldOptions = {}): Promise<World> => {
  const world = new World(options);
  onTestFinished(() => world.close());
  await world.start();
  write(world, lines);
  return world;
};

export const up = (
  world: World,
  over: {
    readonly path?: string;
    readonly approve?: readonly string[];
    readonly environment?: string;
  } = {},
): Promise<ActionResult> =>
  world.ask((api) => api.up({ path: folder, approve: [], environment: null, by, ...over }));

export const phase = (world: World, environment: string): string | undefined =>
  world.environment(folder, environment)?.phase;

export const reason = (world: World, environment: string): string | undefined =>
  world.environment(folder, environment)?.reason;

/** All of them are up and well. */
export const running = async (lines: Lines, options: WorldOptions = {}): Promise<World> => {
  const world = await stranger(lines, options);
  await up(world);
  await world.until('all run', () =>
    Object.keys(lines).every((name) => phase(world, name) === 'running.healthy'),
  );
  return world;
};

export const containerOf = (world: World, environment: string) => {
  const [container] = world.containers(folder, environment);
  if (container === undefined) throw new Error(`${environment} has no container`);
  return container;
};
