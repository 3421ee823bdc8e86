import { ApiError, type Api } from '../../controller/model/api.ts';
import { NoAnswer } from '../support/world.ts';
import { specOf } from '../support/world-words.ts';
import { cardActs } from './acts-cards.ts';
import { quotaActs } from './acts-quotas.ts';
import { edited, names, newEnvironment, without, type Dice, type ModelProject } from './model.ts';
import { dropping, writeAll, type Played } from './played.ts';

export type Act = (played: Played) => Promise<void> | void;

const anyProject = ({ dice, projects }: Played): [string, NonNullable<ModelProject>] | null => {
  const there = [...projects].flatMap(([path, project]): [string, NonNullable<ModelProject>][] =>
    project === null ? [] : [[path, project]],
  );
  return dice.any(there);
};

const onProject =
  (
    act: (played: Played, path: string, project: NonNullable<ModelProject>) => Promise<void> | void,
  ): Act =>
  (played) => {
    const found = anyProject(played);
    return found === null ? undefined : act(played, ...found);
  };

const onContainer =
  (act: (played: Played, id: string) => Promise<void> | void): Act =>
  (played) => {
    const container = played.dice.any(played.world.ours());
    return container === null ? undefined : act(played, container.id);
  };

/** A person's request; that it is refused is an answer too. */
const typed =
  (request: (api: Api, path: string, environment: string, dice: Dice) => Promise<unknown>): Act =>
  async (played) => {
    const [path, project] = anyProject(played) ?? ['/srv/p0', {}];
    const environment = played.dice.any(Object.keys(project)) ?? 'a';
    try {
      await played.world.ask((api) => request(api, path, environment, played.dice));
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof NoAnswer)) throw error;
    }
  };

/** What can happen, and how often it does against the others. */
const by = 'ada';
const ref = (path: string, environment: string) => ({ path, project: null, environment });

export const acts: readonly (readonly [weight: number, name: string, act: Act])[] = [
  // Files.
  [
    12,
    'edit',
    onProject((played, path, project) => {
      const name = played.dice.any(Object.keys(project)) ?? 'a';
      const old = project[name];
      if (old !== undefined) {
        played.projects.set(path, { ...project, [name]: edited(played.dice, name, old) });
      }
      writeAll(played);
    }),
  ],
  [
    4,
    'add',
    onProject((played, path, project) => {
      const name = played.dice.pick(names);
      const others = Object.keys(project).filter((other) => other < name);
      if (project[name] === undefined) {
        played.projects.set(path, {
          ...project,
          [name]: newEnvironment(played.dice, name, others),
        });
      }
      writeAll(played);
    }),
  ],
  [
    4,
    'drop',
    onProject((played, path, project) => {
      if (Object.keys(project).length < 2) return;
      played.projects.set(path, without(project, played.dice.any(Object.keys(project)) ?? 'a'));
      writeAll(played);
    }),
  ],
  [
    3,
    'half-write',
    onProject(({ world, dice }, path, project) => {
      const text = specOf(project);
      world.files.write(`${path}/mlenv.yaml`, text.slice(0, dice.below(text.length)));
    }),
  ],
  [2, 'delete the file', onProject(({ world }, path) => world.files.remove(`${path}/mlenv.yaml`))],
  [3, 'write again', writeAll],
  [2, 'break the folder', onProject(({ world }, path) => world.files.breakFolder(path))],
  [2, 'chown', onProject(({ world }, path) => world.files.chown(path, { uid: 1001, gid: 1001 }))],
  [
    2,
    'move',
    onProject((played, path, project) => {
      writeAll(played);
      const to = `/srv/m${played.dice.below(1000)}`;
      played.world.files.mend(path);
      played.world.files.move(path, to);
      played.projects.delete(path);
      played.projects.set(to, project);
    }),
  ],
  [
    1,
    'copy',
    onProject((played, path, project) => {
      const to = `/srv/c${played.dice.below(1000)}`;
      played.world.files.copy(path, to);
      played.projects.set(to, project);
      writeAll(played);
    }),
  ],
  // Hands.
  [5, 'exit', onContainer(({ world, dice }, id) => world.engine.exit(id, dice.pick([0, 1, 137])))],
  [3, 'docker stop', onContainer(({ world }, id) => world.engine.handStop(id))],
  [2, 'oom', onContainer(({ world }, id) => world.engine.kill(id, { oom: true }))],
  [3, 'docker rm', onContainer(({ world }, id) => world.engine.removeBehindBack(id))],
  [
    2,
    'docker pause',
    onContainer(({ world }, id) => {
      if (world.ours().some((one) => one.id === id && one.state === 'running'))
        world.engine.pause(id);
    }),
  ],
  [
    2,
    'docker rename',
    onContainer(({ world, dice }, id) => world.engine.rename(id, `renamed-${dice.below(10_000)}`)),
  ],
  [
    2,
    'docker update',
    onContainer(({ world }, id) => world.engine.updateBehindBack(id, { memoryBytes: 2 ** 29 })),
  ],
  [
    1,
    'docker network rm',
    ({ world, dice }) => {
      const name = dice.any(world.engine.networkNames);
      if (name !== null) world.engine.removeNetworkBehindBack(name);
    },
  ],
  [
    2,
    'docker rmi',
    ({ world, dice }) =>
      world.engine.removeImage(dice.pick(['app:1', 'app:2', 'data:1', 'pulled:1'])),
  ],
  [
    2,
    'occupy a port',
    ({ world, dice }) => world.occupy(dice.pick([8080, 8081]), dice.chance(0.5)),
  ],
  // People.
  [
    4,
    'mlenv up',
    typed((api, path, environment, dice) =>
      api.up({
        path,
        environment: dice.chance(0.3) ? environment : null,
        approve: dice.chance(0.5) ? [environment] : [],
        by,
      }),
    ),
  ],
  [
    3,
    'mlenv down',
    typed((api, path, environment, dice) =>
      api.down({ path, environment: dice.chance(0.5) ? environment : null, by }),
    ),
  ],
  [
    3,
    'mlenv rm',
    typed((api, path, environment, dice) =>
      api.remove({
        path,
        environment: dice.chance(0.5) ? environment : null,
        volumes: dice.chance(0.5),
        by,
      }),
    ),
  ],
  [
    3,
    'mlenv restart',
    typed((api, path, environment) => api.restart({ ref: ref(path, environment), by })),
  ],
  [
    3,
    'mlenv approve',
    typed((api, path, environment) => api.approve({ ref: ref(path, environment), by })),
  ],
  [
    2,
    'mlenv suspend',
    typed((api, path, environment) => api.suspend({ ref: ref(path, environment), by })),
  ],
  [
    2,
    'mlenv resume',
    typed((api, path, environment) => api.resume({ ref: ref(path, environment), by })),
  ],
  [1, 'mlenv confirm', typed((api) => api.confirm({ user: null, by }))],
  // The controller.
  [
    5,
    'kill -9',
    async ({ world, dice }) => {
      world.crash();
      await world.advance(dice.pick([10, 1000, 60_000]));
      await world.start();
    },
  ],
  [6, 'die soon', ({ world, dice }) => world.dieIn(dice.below(20), dice.pick(['before', 'after']))],
  [
    2,
    'stop and start',
    async ({ world, dice }) => {
      await world.stop();
      await world.advance(dice.below(30_000));
      await world.start();
    },
  ],
  [
    2,
    'lose the record',
    async ({ world, dice }) => {
      world.crash();
      if (dice.chance(0.5)) world.record.remove();
      else world.record.corrupt();
      await world.start();
    },
  ],
  // The engine and the machine.
  [
    3,
    'engine goes',
    ({ world, promises, dice }) => {
      world.engine.goDown(dice.pick(['gone', 'silent']));
      promises.engineDown(true);
    },
  ],
  [
    6,
    'engine comes',
    ({ world, promises }) => {
      world.engine.comeUp();
      promises.engineDown(false);
    },
  ],
  [
    2,
    'dockerd restarts',
    ({ world, dice }) => world.engine.restartDaemon({ liveRestore: dice.chance(0.5) }),
  ],
  [
    3,
    'bad weather',
    ({ world, dice }) => {
      world.weather.verdict = () =>
        dice.chance(0.9) ? 'ok' : dice.pick(['fail-before', 'request-lost', 'reply-lost']);
    },
  ],
  [2, 'slow weather', ({ world, dice }) => void (world.weather.latencyMs = () => dice.below(400))],
  [
    3,
    'good weather',
    ({ world }) => {
      world.weather.verdict = null;
      world.weather.latencyMs = null;
    },
  ],
  [1, 'lose events', ({ world }) => void dropping.add(world)],
  [
    2,
    'set the clock',
    ({ world, dice, promises }) => {
      world.clock.setNow(world.clock.now() + dice.below(1_200_000) - 600_000);
      promises.clockJumped();
    },
  ],
  ...cardActs,
  ...quotaActs,
];
