import type { World } from './world.ts';

/** What a world looks like now, for a person who has to find out why. */
export const lookOf = (world: World): string => {
  const rows = world.process?.store.environments.all() ?? [];
  return [
    `at ${new Date(world.clock.now()).toISOString()}, process ${world.processes}${world.process === null ? ' (dead)' : ''}`,
    ...rows.map(
      (row) =>
        `  ${row.projectId.slice(0, 6)}/${row.environment} ${row.phase} ${row.reason}: ${row.message} (generation ${row.generation}, restarts ${row.restarts}${row.vanishedAt === null ? '' : ', vanished'})`,
    ),
    ...world.engine.containers.map(
      ({ id, name, state, config }) => `  ${name} ${id.slice(0, 6)} ${state} ${config.image}`,
    ),
    ...world.notes.slice(-60).map((line) => `  ${line}`),
    ...world.trace.slice(-12).map((line) => `    ${line}`),
  ].join('\n');
};
