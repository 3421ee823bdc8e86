import { expect, test } from 'vitest';
import { failed, ok, type Result } from '../../controller/model/failure.ts';
import { defaultGitLimits, type Fetched, type SourceConfig } from '../../controller/model/git.ts';
import type { Delivery } from '../../controller/model/notice.ts';
import type { Reason } from '../../controller/model/reason.ts';
import { createCore } from '../../controller/reconcile/core.ts';
import {
  noteConfiguration,
  noteEnvironment,
  noteProject,
} from '../../controller/reconcile/trouble.ts';
import { environment, openTestStore, project } from '../store/support.ts';
import { createMemoryEngine } from '../support/memory-engine.ts';
import { receiver } from '../support/notice-builders.ts';
import { noTrees, quietConfig, quietHost } from '../support/quiet-host.ts';
import { createSeededRandom } from '../support/random.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const source: SourceConfig = {
  name: 'vision',
  url: 'https://git.lab/vision.git',
  ref: 'main',
  path: '',
  owner: null,
  hookSecretFile: null,
  pollMs: 60_000,
  credentials: { kind: 'none' },
  limits: defaultGitLimits,
};

const fetched = (id: string, isForward = true): Result<Fetched> =>
  ok({ commit: { id, author: 'Alice', subject: 'Train', at: 0 }, isForward, note: '' });

const setUp = () => {
  const { store } = openTestStore();
  const clock = createSimulatedClock();
  const { reader, writer } = createMemoryEngine({ clock });
  const sent: Delivery[] = [];
  const remote = { answer: fetched('a'.repeat(40)), sources: [source] };
  const config = { ...quietConfig(), notices: [receiver({ format: 'text' })] };
  const core = createCore({
    store,
    reader,
    writer,
    specs: {
      read: () => Promise.resolve({ kind: 'unreadable', message: 'not asked' }),
      resolve: () => Promise.resolve(failed('terminal', 'not asked')),
      discover: () => Promise.reject(new Error('not asked')),
    },
    hostPorts: { free: (ports) => Promise.resolve(ports.map(() => true)) },
    clock,
    random: createSeededRandom(1),
    ...quietHost(),
    config: { current: () => ({ ...config, sources: remote.sources }) },
    trees: {
      ...noTrees,
      fetch: () => Promise.resolve(remote.answer),
      lay: () =>
        Promise.resolve(
          ok({ folder: '/sources/vision/a', owner: { uid: 0, gid: 0 }, skipped: [] }),
        ),
    },
    notifier: {
      host: 'gpu1',
      send: async (delivery) => {
        sent.push(delivery);
        return ok(null);
      },
    },
    instance: 'test',
    loginName: (uid) => (uid === 0 ? 'root' : null),
  });
  store.projects.insert(project({ id: 'p1', name: 'vision', path: '/srv/vision' }));
  store.environments.insert(environment({ projectId: 'p1', environment: 'train' }));
  /** Of the source or the host; the files of these projects cannot be read. */
  const told = (): readonly string[] =>
    sent
      .filter(({ facts }) => !/^Spec(?!Valid)/.test(facts['REASON'] ?? ''))
      .map(({ body }) => body.trim());
  return { store, clock, core, deps: core.deps, remote, told };
};

const openOf = ({ store }: ReturnType<typeof setUp>): readonly string[] =>
  store.troubles.all().map(({ kind, reason, wellAt }) => `${kind} ${reason} ${wellAt !== null}`);

const be = ({ deps }: ReturnType<typeof setUp>, reason: Reason, isWell = false): void =>
  noteEnvironment(deps, 'p1/train', { reason, message: reason, isWell });

test('a failure goes on while nothing says that it is over', () => {
  const world = setUp();
  be(world, 'Failed');
  be(world, 'Starting');
  be(world, 'EngineUnavailable');
  be(world, 'GpuPoolFull');
  expect(openOf(world)).toEqual(['failure Failed false']);
  be(world, 'Running');
  // Nobody was told, so nobody is told of its end.
  expect(openOf(world)).toEqual([]);
});

test('what is ready is well, also while a change waits', () => {
  const world = setUp();
  be(world, 'Failed');
  be(world, 'UpdatePending', true);
  expect(openOf(world)).toEqual(['pending UpdatePending false']);
  be(world, 'GpuPoolFull', true);
  expect(openOf(world)).toEqual([]);
  be(world, 'UpdatePending');
  be(world, 'Failed');
  expect(openOf(world)).toEqual(['failure Failed false']);
});

test('the same again with other numbers writes nothing', () => {
  const world = setUp();
  const note = (message: string): void =>
    noteProject(world.deps, project({ id: 'p1', name: 'vision' }), {
      reason: 'SpecInvalid',
      message,
    });
  note('mlenv.yaml:3:1 no');
  const before = world.store.troubles.all();
  note('mlenv.yaml:14:1 no');
  expect(world.store.troubles.all()).toEqual(before);
  note('mlenv.yaml:14:1 yes');
  expect(world.store.troubles.all()).toMatchObject([
    { message: 'mlenv.yaml:14:1 yes', openedAt: before[0]?.openedAt },
  ]);
});

test('of an environment that is not there, nothing is noted', () => {
  const world = setUp();
  noteEnvironment(world.deps, 'gone/train', { reason: 'Failed', message: '' });
  expect(openOf(world)).toEqual([]);
});

test('a remote that fails is told once, and so is that it answers again', async () => {
  const { core, clock, remote, told } = setUp();
  remote.answer = failed('retry', 'fatal: unable to reach git.lab, port 443');
  expect(await core.begin('kept')).toBeNull();
  core.sources.enqueue('vision');
  await clock.advance(600_000);
  expect(told()).toEqual([
    '[failure] vision (mlenv): SourceFailed: fatal: unable to reach git.lab, port 443',
  ]);
  remote.answer = fetched('a'.repeat(40));
  await clock.advance(2_000_000);
  expect(told()).toContain('[recovery] vision (mlenv): SourceSynced: it answers again');
  // History that was written anew waits for a person; it is the project's owner who has to decide.
  remote.answer = fetched('b'.repeat(40), false);
  await clock.advance(120_000);
  expect(told().at(-1)).toMatch(
    /^\[pending\] vision \(root\): SourceRewound: main is bbbbbbbbbb now/,
  );
  remote.sources = [];
  await clock.advance(120_000);
  expect(core.deps.store.troubles.of('source:vision')).toEqual([]);
  await core.stop();
});

test('a configuration with a fault is told, to those whom the one before it names', async () => {
  const { core, deps, clock, told } = setUp();
  expect(await core.begin('kept')).toBeNull();
  noteConfiguration(deps, '/etc/mlenv/config.yaml:3:1 there is no field "wacth"');
  await clock.advance(60_000);
  noteConfiguration(deps, null);
  await clock.advance(120_000);
  expect(told().filter((one) => one.includes('gpu1'))).toEqual([
    '[failure] gpu1 (mlenv): ConfigInvalid: /etc/mlenv/config.yaml:3:1 there is no field "wacth"',
    '[recovery] gpu1 (mlenv): SpecValid: the configuration is in force',
  ]);
  await core.stop();
});
