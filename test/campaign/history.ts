import { createSeededRandom } from '../support/random.ts';
import { World } from '../support/world.ts';
import { strangers } from './acts-cards.ts';
import { acts } from './acts.ts';
import { createDice, names, newEnvironment, type Dice, type ModelProject } from './model.ts';
import { dropping, writeAll, type Played } from './played.ts';
import { keepPromises } from './promises.ts';

export const beginHistory = async (seed: number): Promise<Played> => {
  const dice = createDice(createSeededRandom(seed * 2 + 1));
  const world = new World({
    seed,
    dropEvent: () => dropping.has(world) && dice.chance(0.5),
    cards: dice.pick(['strict', 'best-effort']),
  });
  const promises = keepPromises(world);
  world.watch(promises.watcher);
  world.engine.addPullable('pulled:1', { ticks: 3, tickMs: dice.pick([0, 700, 4000]) });
  const played = { world, promises, dice, projects: new Map<string, ModelProject>() };
  promises.leaveAlone(await world.plant({ name: 'somebody-elses' }));
  for (let index = 0; index <= dice.below(3); index += 1) {
    played.projects.set(`/srv/p${index}`, newProject(dice));
    writeAll(played);
  }
  await world.start();
  return played;
};

/** One thing happens, and then some time passes. */
export const playOne = async (played: Played): Promise<void> => {
  const { dice, world } = played;
  let ticket = dice.below(total);
  const [, name, act] = acts.find(([weight]) => (ticket -= weight) < 0) ?? [0, '', () => {}];
  world.note(name);
  await act(played);
  await world.advance(dice.pick([0, 200, 3000, 20_000, 40_000]));
  if (dice.chance(0.1)) await world.advance(dice.below(700_000));
};

/** Faults end, every file is whole again, and nothing is left half said. */
export const heal = async (played: Played): Promise<void> => {
  const { world, promises, projects } = played;
  world.weather.verdict = null;
  world.weather.latencyMs = null;
  dropping.delete(world);
  world.dieIn(Number.POSITIVE_INFINITY);
  world.engine.comeUp();
  promises.engineDown(false);
  for (const port of world.occupied) world.occupy(port, false);
  world.cards?.heal();
  world.engine.failGpuHook(false);
  for (const id of strangers(played)) world.engine.exit(id, 0);
  for (const path of projects.keys()) {
    world.files.mend(path);
    world.files.chown(path, { uid: 1000, gid: 1000 });
  }
  for (const image of ['app:1', 'app:2', 'data:1', 'data:2']) {
    const volumes = image.startsWith('data') ? ['/var/lib/data'] : [];
    world.engine.addImage(image, { volumes });
  }
  writeAll(played);
  await world.start();
  await world.until('a controller lives', () => true);
  await world.advance(20_000);
  await world.ask((api) => api.confirm({ user: null, by: 'ada' }));
  for (const { gpuUuid } of world.cards?.devices ?? []) {
    await world.ask((api) => api.uncordon({ gpu: gpuUuid, by: 'root' }));
  }
};

const newProject = (dice: Dice): ModelProject => {
  let project: NonNullable<ModelProject> = {};
  for (const name of names.slice(0, 1 + dice.below(3))) {
    project = { ...project, [name]: newEnvironment(dice, name, Object.keys(project)) };
  }
  return project;
};

const total = acts.reduce((sum, [weight]) => sum + weight, 0);
