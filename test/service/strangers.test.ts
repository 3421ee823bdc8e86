import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ApiError, type Api, type EnvironmentRef } from '../../controller/model/api.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { httpStatus } from '../../controller/report/wire.ts';
import { authorize } from '../../controller/service/authorize.ts';
import { rights } from '../../controller/service/rights.ts';
import { createService } from '../../controller/service/service.ts';
import { fakeWorld } from '../support/api-fake.ts';
import { quietConfig } from '../support/quiet-host.ts';
import { World } from '../support/world.ts';
import { by, folder, up, write } from './bench.ts';

/** What somebody names, and what of it there is. */
interface Named {
  readonly path: string;
  readonly project: string;
  readonly environment: string;
  readonly user: string;
  readonly group: string;
}

/** All of it is ada's, and bob may not know of it. */
const theirs: Named = {
  path: folder,
  project: 'vision',
  environment: 'train',
  user: 'ada',
  group: 'users',
};

/** The same words with nothing behind them, letter for letter as long. */
const absent: Named = {
  path: folder.replace('vision', 'v1s10n'),
  project: 'v1s10n',
  environment: 'train',
  user: 'a9a',
  group: 'u5er5',
};

const asIfTheirs = (text: string): string =>
  text.replaceAll('v1s10n', 'vision').replaceAll('a9a', 'ada').replaceAll('u5er5', 'users');

let world: World;

beforeEach(async () => {
  world = new World();
  onTestFinished(() => world.close());
  await world.start();
  write(world, { train: 'image: app:1' });
  await up(world);
  write(world, { own: 'image: app:1' }, '/home/bob/speech', 'speech');
  world.files.chown('/home/bob', { uid: 1001, gid: 1001 });
  await world.ask((api) =>
    api.up({ path: '/home/bob/speech', approve: [], environment: null, by: 'bob' }),
  );
  await world.until('it runs', () => world.environment(folder, 'train')?.containerId !== null);
  await world.settle();
});

const bob = (reading: 'own' | 'open' = 'own'): Api => {
  if (world.process === null) throw new Error('no controller lives');
  const { core: live } = world.process;
  const people = { ...defaultHostConfig.people, reading };
  const core = {
    ...live,
    deps: { ...live.deps, config: { current: () => ({ ...quietConfig(), people }) } },
  };
  return authorize({
    core,
    ownUid: 0,
    asker: async () => ({ uid: 1001, name: 'bob', groups: [] }),
    service: (who) =>
      createService({
        ...who,
        core,
        reconciles: true,
        version: async () => fakeWorld().version,
        scrape: () => '',
      }),
  });
};

const all = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
};
const { signal } = new AbortController();
const execOptions = { argv: ['sh'], tty: false, stdin: false, env: {}, columns: null, rows: null };

type Ask = (api: Api, named: Named) => Promise<unknown>;

const target = ({ path }: Named) => ({ path, environment: null, by });
const byPath = ({ path, environment }: Named): EnvironmentRef => ({
  path,
  project: null,
  environment,
});
const byName = ({ project, environment }: Named): EnvironmentRef => ({
  path: null,
  project,
  environment,
});
const both = (ask: (api: Api, ref: EnvironmentRef) => Promise<unknown>): readonly Ask[] => [
  (api, named) => ask(api, byPath(named)),
  (api, named) => ask(api, byName(named)),
];
const span = { since: '2025-01-01', until: '2025-01-02', everyMs: null };

/** Every method that names something of somebody, in every way in which it can. */
const naming: { readonly [method in keyof Api]?: readonly Ask[] } = {
  status: [
    (api, { path }) => api.status({ kind: 'path', path }),
    (api, { project }) => api.status({ kind: 'project', project }),
  ],
  describe: both((api, ref) => api.describe(ref)),
  plan: [(api, { path }) => api.plan(path)],
  up: [(api, named) => api.up({ ...target(named), approve: [] })],
  lockImages: [(api, { path }) => api.lockImages({ path, images: [] })],
  down: [(api, named) => api.down(target(named))],
  remove: [(api, named) => api.remove({ ...target(named), volumes: true })],
  restart: both((api, ref) => api.restart({ ref, by })),
  keep: both((api, ref) => api.keep({ ref, by, forMs: 1000 })),
  approve: both((api, ref) => api.approve({ ref, by })),
  suspend: both((api, ref) => api.suspend({ ref, by })),
  resume: both((api, ref) => api.resume({ ref, by })),
  confirm: [(api, { user }) => api.confirm({ user, by })],
  reconcile: both((api, ref) => api.reconcile(ref)),
  cordon: [(api) => api.cordon({ gpu: '0', why: '', by })],
  uncordon: [(api) => api.uncordon({ gpu: '0', by })],
  quotas: [
    (api, { project }) => api.quotas({ subject: { kind: 'project', project } }),
    (api, { path }) => api.quotas({ subject: { kind: 'project', project: path } }),
    (api, { user }) => api.quotas({ subject: { kind: 'user', user } }),
    (api, { group }) => api.quotas({ subject: { kind: 'group', group } }),
  ],
  setQuota: [
    (api, { project }) => api.setQuota({ subject: { kind: 'project', project }, limits: {}, by }),
    (api, { user }) => api.setQuota({ subject: { kind: 'user', user }, limits: {}, by }),
  ],
  history: [
    (api, { path }) => api.history({ scope: { kind: 'path', path }, limit: 5 }),
    (api, { project }) => api.history({ scope: { kind: 'project', project }, limit: 5 }),
  ],
  runs: both((api, ref) => api.runs({ ref, limit: 5 })),
  series: both((api, ref) => api.series({ ref, ...span })),
  rollback: [
    (api, { path }) =>
      api.rollback({ scope: { kind: 'path', path }, revision: null, resume: false, by }),
    (api, { project }) =>
      api.rollback({ scope: { kind: 'project', project }, revision: null, resume: true, by }),
  ],
  audit: [
    (api, { project }) => api.audit({ project, user: null, since: null, limit: 50 }),
    (api, { path }) => api.audit({ project: path, user: null, since: null, limit: 50 }),
    (api, { user }) => api.audit({ project: null, user, since: null, limit: 50 }),
  ],
  events: both((api, ref) => all(api.events({ ref, follow: false, limit: 5 }, signal))),
  logs: both((api, ref) => all(api.logs(ref, { follow: false, tail: 5 }, signal))),
  exec: both((api, ref) => api.exec(ref, execOptions)),
};

/** They name nothing of anybody. */
const lists: { readonly [method in keyof Api]?: Ask } = {
  status: (api) => api.status({ kind: 'all' }),
  gpus: (api) => api.gpus(),
  queue: (api) => api.queue(),
  quotas: (api) => api.quotas({ subject: null }),
  checkQuotas: (api) => api.checkQuotas({ repair: false, by }),
  history: (api) => api.history({ scope: { kind: 'all' }, limit: 5 }),
  top: (api) => api.top(),
  report: (api) => api.report({ since: '2025-01-01', by: 'project' }),
  audit: (api) => api.audit({ project: null, user: null, since: null, limit: 500 }),
  events: (api) => all(api.events({ ref: null, follow: false, limit: 500 }, signal)),
};

/** Of the host as a whole, of the catalogue, or of nobody. */
const others: readonly (keyof Api)[] = [
  'version',
  'freeze',
  'thaw',
  'observe',
  'scrape',
  'notices',
  'testNotice',
  'images',
  'imageVersions',
  'showImage',
  'exportImages',
  'syncImages',
  'importImages',
  'pruneImages',
];

/** Status and body, as they would go over the wire. */
const answer = async (ask: Ask, named: Named): Promise<string> => {
  try {
    return JSON.stringify({ status: 200, body: (await ask(bob(), named)) ?? null });
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    const { code, message, diagnostics } = thrown;
    return JSON.stringify({ status: httpStatus[code], code, message, diagnostics });
  }
};

describe('where people read their own alone', () => {
  it('every method is one of these', () => {
    const known = [...Object.keys(naming), ...Object.keys(lists), ...others];
    expect([...new Set(known)].sort()).toEqual(Object.keys(rights).sort());
  });

  it.each(Object.entries(naming))(
    '%s answers a stranger the same for what is another’s and for what is not there',
    async (_, asks) => {
      for (const ask of asks) {
        const foreign = await answer(ask, theirs);
        expect(foreign).toBe(asIfTheirs(await answer(ask, absent)));
        expect(foreign).not.toMatch(/train.*there is|belongs to|ada \(uid/);
      }
    },
  );

  it('and lists nothing of it, also after all of that was asked for', async () => {
    for (const asks of Object.values(naming)) for (const ask of asks) await answer(ask, theirs);
    for (const [method, ask] of Object.entries(lists)) {
      const said = await answer(ask, theirs);
      expect(said, method).not.toMatch(/\bvision\b|\btrain\b|\/home\/ada/);
    }
    // An administrator sees who asked.
    const refused = world.process?.core.deps.store.audit
      .list({ reader: null, project: 'vision', user: 'bob', since: null, limit: 100 })
      .map(({ action }) => action);
    expect(refused).toEqual(expect.arrayContaining(['down', 'logs', 'exec', 'describe']));
  });

  it('one’s own is there, by path and by name', async () => {
    const own: Named = {
      ...theirs,
      path: '/home/bob/speech',
      project: 'speech',
      environment: 'own',
    };
    for (const ask of [...(naming.describe ?? []), ...(naming.events ?? [])])
      expect(await answer(ask, own)).toContain('speech');
  });
});

it('where reading is open another’s state is shown, and a refusal says whose it is', async () => {
  expect((await bob('open').status({ kind: 'all' })).items).toHaveLength(2);
  await expect(bob('open').down(target(theirs))).rejects.toThrow('belongs to ada');
});
