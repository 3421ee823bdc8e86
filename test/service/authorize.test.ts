import { beforeEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { ApiError, type Api, type ApiErrorCode } from '../../controller/model/api.ts';
import type { Asker } from '../../controller/model/asker.ts';
import type { AuditItem } from '../../controller/model/audit.ts';
import type { PeopleConfig } from '../../controller/model/config.ts';
import type { Core } from '../../controller/reconcile/core.ts';
import { authorize } from '../../controller/service/authorize.ts';
import { rights } from '../../controller/service/rights.ts';
import { createService } from '../../controller/service/service.ts';
import { defaultHostConfig } from '../../controller/model/config.ts';
import { fakeApi, fakeWorld, gpuHolder, gpuItem, gpuReport } from '../support/api-fake.ts';
import { quietConfig } from '../support/quiet-host.ts';
import { World } from '../support/world.ts';
import { by, folder, here, up, write } from './bench.ts';

const ada: Asker = { uid: 1000, name: 'ada', groups: ['users'] };
const bob: Asker = { uid: 1001, name: 'bob', groups: [] };
const root: Asker = { uid: 0, name: 'root', groups: ['root'] };
const chief: Asker = { uid: 1002, name: 'eve', groups: ['users', 'mlenv-admin'] };

let people: PeopleConfig;
let world: World;

const given = async (): Promise<void> => {
  people = defaultHostConfig.people;
  world = new World();
  onTestFinished(() => world.close());
  await world.start();
  write(world, { train: 'image: app:1' });
  await up(world);
  await world.until('it runs', () => world.environment(folder, 'train')?.containerId !== null);
};

const core = (): Core => {
  if (world.process === null) throw new Error('no controller lives');
  const { core: live } = world.process;
  return {
    ...live,
    deps: { ...live.deps, config: { current: () => ({ ...quietConfig(), people }) } },
  };
};

/** The real service below, but for what is given. */
const as = (who: Asker, over: Partial<Api> = {}): Api =>
  authorize({
    core: core(),
    ownUid: 0,
    asker: async () => who,
    service: (asking) => ({
      ...createService({
        ...asking,
        core: core(),
        reconciles: true,
        version: async () => fakeWorld().version,
        scrape: () => fakeWorld().scrape,
      }),
      ...over,
    }),
  });

const first = async <T>(items: AsyncIterable<T>): Promise<T | undefined> => {
  for await (const item of items) return item;
  return undefined;
};
const signal = new AbortController().signal;
const ref = here('train');
const target = { path: folder, environment: null, by: 'mallory' };
const execOptions = {
  argv: ['sh', '-c', 'secret'],
  tty: false,
  stdin: false,
  env: {},
  columns: null,
  rows: null,
};

/** One call of every method, of ada's project where it is of one. */
const calls: { readonly [method in keyof Api]: (api: Api) => Promise<unknown> } = {
  version: (api) => api.version(),
  status: (api) => api.status({ kind: 'path', path: folder }),
  describe: (api) => api.describe(ref),
  plan: (api) => api.plan(folder),
  up: (api) => api.up({ ...target, approve: [] }),
  down: (api) => api.down(target),
  remove: (api) => api.remove({ ...target, volumes: false }),
  restart: (api) => api.restart({ ref, by: 'mallory' }),
  keep: (api) => api.keep({ ref, forMs: 60_000, by: 'mallory' }),
  approve: (api) => api.approve({ ref, by: 'mallory' }),
  suspend: (api) => api.suspend({ ref, by: 'mallory' }),
  resume: (api) => api.resume({ ref, by: 'mallory' }),
  confirm: (api) => api.confirm({ user: null, by: 'mallory' }),
  freeze: (api) => api.freeze({ why: '', by: 'mallory' }),
  thaw: (api) => api.thaw({ by: 'mallory' }),
  observe: (api) => api.observe({ on: false, by: 'mallory' }),
  reconcile: (api) => api.reconcile(ref),
  gpus: (api) => api.gpus(),
  cordon: (api) => api.cordon({ gpu: '0', why: '', by: 'mallory' }),
  uncordon: (api) => api.uncordon({ gpu: '0', by: 'mallory' }),
  scrape: (api) => api.scrape(),
  queue: (api) => api.queue(),
  quotas: (api) => api.quotas({ subject: null }),
  setQuota: (api) =>
    api.setQuota({ subject: { kind: 'user', user: 'bob' }, limits: { gpus: 1 }, by: 'mallory' }),
  checkQuotas: (api) => api.checkQuotas({ repair: false, by: 'mallory' }),
  history: (api) => api.history({ scope: { kind: 'path', path: folder }, limit: 10 }),
  runs: (api) => api.runs({ ref, limit: 10 }),
  top: (api) => api.top(),
  series: (api) => api.series({ ref, since: '2025-01-01', until: '2025-01-02', everyMs: null }),
  report: (api) => api.report({ since: '2025-01-01', by: 'user' }),
  rollback: (api) =>
    api.rollback({
      scope: { kind: 'path', path: folder },
      revision: null,
      resume: false,
      by: 'mallory',
    }),
  audit: (api) => api.audit({ project: null, user: null, since: null, limit: 10 }),
  notices: (api) => api.notices({ limit: 10 }),
  lockImages: (api) => api.lockImages({ path: folder, images: [] }),
  images: (api) => api.images({ text: null, category: null, organization: null }),
  imageVersions: (api) =>
    api.imageVersions({
      text: null,
      image: null,
      category: null,
      cuda: null,
      python: null,
      architecture: null,
      cachedOnly: false,
      limit: 1,
    }),
  showImage: (api) => api.showImage('nvidia/pytorch:24.05-py3'),
  exportImages: (api) => api.exportImages(0),
  syncImages: (api) => api.syncImages({ organization: 'nvidia', image: null, by: 'mallory' }),
  importImages: (api) => api.importImages({ images: [], by: 'mallory' }),
  pruneImages: (api) => api.pruneImages({ unusedForMs: 0, keep: 0, remove: null, by: 'mallory' }),
  testNotice: (api) => api.testNotice({ receiver: 'lab-chat', by: 'mallory' }),
  events: (api) => first(api.events({ ref, follow: false, limit: 1 }, signal)),
  logs: (api) => first(api.logs(ref, { follow: false, tail: 1 }, signal)),
  exec: (api) => api.exec(ref, execOptions),
};

const methods = Object.keys(calls) as (keyof Api)[];

/** Who is let through to the service, by right and reading. */
const letIn = (method: keyof Api, who: Asker, reading: PeopleConfig['reading']): boolean => {
  const isAdmin = who === root || who === chief;
  switch (rights[method]) {
    case 'everyone':
      return true;
    case 'reader':
      // The named project is ada's; lists come to everybody, without what is not theirs.
      return (
        isAdmin ||
        who === ada ||
        reading === 'open' ||
        !['status', 'history', 'runs', 'series', 'events'].includes(method)
      );
    case 'owner':
      // Of one's own removals, where it names nobody else.
      if (method === 'confirm') return true;
      return isAdmin || who === ada;
    case 'folder':
      return isAdmin || who === ada;
    case 'administrator':
      return isAdmin;
    default:
      return rights[method] satisfies never;
  }
};

/** What one may not know of is not there; a folder is judged when it was read. */
const refusalOf = (method: keyof Api, reading: PeopleConfig['reading']): ApiErrorCode =>
  reading === 'own' && (rights[method] === 'owner' || rights[method] === 'reader')
    ? 'not-found'
    : 'refused';

const log = (): readonly AuditItem[] =>
  core()
    .deps.store.audit.list({ reader: null, project: null, user: null, since: null, limit: 1000 })
    .map((row) => ({ ...row, ...JSON.parse(row.details), at: '' }) as AuditItem);

describe('where there is no room for the record', () => {
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  const down = { path: folder, environment: 'train', by: 'ada' };

  it('a change is answered with the reason, and with what to do', async () => {
    await given();
    const api = as(ada, { down: () => Promise.reject(full) });
    await expect(api.down(down)).rejects.toMatchObject({
      code: 'prerequisite',
      message:
        'RecordFull: the disk of the record is full, so nothing was changed; make room on the state folder; it goes on by itself',
    });
    core().deps.memory.recordTrouble = { freeBytes: 3 * 2 ** 20 };
    await expect(api.down(down)).rejects.toThrow('(3 MB are free)');
    core().deps.memory.recordTrouble = null;
  });

  it('who is refused hears of that, though it cannot be written down', async () => {
    await given();
    const live = core();
    let tried = 0;
    const add = (): never => {
      tried += 1;
      throw full;
    };
    const store = { ...live.deps.store, audit: { list: () => [], add } };
    const api = authorize({
      core: { ...live, deps: { ...live.deps, store } },
      ownUid: 0,
      asker: async () => bob,
      service: () => as(ada),
    });
    await expect(api.down(down)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('belongs to ada') as string,
    });
    expect(tried).toBe(1);
  });
});

describe('a folder that is named', () => {
  it.each(['plan', 'up', 'lockImages'] as const)(
    'is theirs, or %s says the same of a project, a folder, a file and nothing',
    async (method) => {
      await given();
      world.files.write('/srv/ada/closed/file', 'x');
      world.files.write('/srv/ada/bad/mlenv.yaml', 'x');
      world.files.breakFolder('/srv/ada/broken');
      const ask = (path: string, who: Asker): Promise<unknown> => {
        const api = as(who);
        const asked = {
          plan: () => api.plan(path),
          up: () => api.up({ ...target, path, approve: [] }),
          lockImages: () => api.lockImages({ path, images: [] }),
        };
        return asked[method]().then(
          () => 'let in',
          (thrown: unknown) =>
            thrown instanceof ApiError ? `${thrown.code}: ${thrown.message}` : thrown,
        );
      };
      const paths = ['closed', 'bad', 'closed/file', 'closed/none', 'none/none', 'broken'].map(
        (name) => `/srv/ada/${name}`,
      );
      for (const path of [folder, ...paths]) {
        expect(await ask(path, bob)).toMatch(`refused: ${path} is no folder of bob's: `);
      }
      // Its owner is told what is the matter.
      expect(await ask('/srv/ada/closed', ada)).toMatch(
        method === 'lockImages' ? 'let in' : 'usage: there is no mlenv.yaml in /srv/ada/closed',
      );
      expect(await ask('/srv/ada/none', root)).toMatch('usage: there is no mlenv.yaml in');
      expect(await ask('/srv/ada/broken', root)).toMatch('prerequisite: /srv/ada/broken: EIO');
    },
  );
});

describe('every method', () => {
  const asked = async (method: keyof Api, who: Asker): Promise<unknown> => {
    // What lies behind is a fake; plan, up and lockImages ask for the folder, as the real ones do.
    const reached = fakeApi(fakeWorld());
    const api = authorize({
      core: core(),
      ownUid: 0,
      asker: async () => who,
      service: ({ mayUse }) => {
        const project = core().deps.store.projects.byPath(folder);
        if (project === null) throw new Error('no project');
        return {
          ...reached,
          plan: async (path) => (mayUse(path, project, project), reached.plan(path)),
          up: async (request) => (mayUse(request.path, project, project), reached.up(request)),
          lockImages: async (request) => (
            mayUse(request.path, project, project),
            reached.lockImages(request)
          ),
        };
      },
    });
    return calls[method](api).then(
      () => 'let in',
      (thrown: unknown) => (thrown instanceof ApiError ? thrown.code : thrown),
    );
  };

  it('is let in or refused by whose it is, and a refusal is written down', async () => {
    await given();
    for (const reading of ['open', 'own'] as const) {
      people = { ...people, reading };
      // The same refusal within a minute is no row of its own.
      await world.advance(61_000);
      for (const method of methods) {
        for (const who of [ada, bob, root, chief]) {
          const may = letIn(method, who, reading);
          const before = log().filter(({ outcome }) => outcome === 'refused').length;
          const told = [reading, method, who.name, await asked(method, who)];
          expect(told).toEqual([
            reading,
            method,
            who.name,
            may ? 'let in' : refusalOf(method, reading),
          ]);
          const refused = log().filter(({ outcome }) => outcome === 'refused');
          expect(refused.length - before, told.join(' ')).toBe(may ? 0 : 1);
          if (!may) {
            expect(refused.at(-1)).toMatchObject({
              uid: who.uid,
              by: who.name,
              action:
                {
                  remove: 'rm',
                  setQuota: 'quota set',
                  testNotice: 'notices test',
                  series: 'metrics',
                  syncImages: 'images sync',
                  importImages: 'images import',
                  pruneImages: 'images prune',
                }[method as string] ?? method,
            });
          }
        }
      }
    }
  });
});

describe('a refusal', () => {
  beforeEach(given);

  it('that is asked for in a loop is one row with its number', async () => {
    for (let round = 0; round < 5; round += 1) {
      await expect(as(bob).down(target)).rejects.toThrow(ApiError);
    }
    const all = { project: null, user: null, since: null, limit: 100 };
    const { items } = await as(root).audit(all);
    expect(items.filter(({ outcome }) => outcome === 'refused')).toMatchObject([
      { by: 'bob', action: 'down', count: 5 },
    ]);
  });

  it('says whose it is and who may, and changes nothing', async () => {
    people = { ...people, admins: { users: ['grace', '1234'], groups: ['ops'] } };
    const why = `vision in ${folder} belongs to ada (uid 1000): taking it down is for its owner and administrators (root, grace, uid 1234 and members of ops)`;
    await expect(as(bob).down(target)).rejects.toThrow(why);
    expect(core().deps.store.holds.all()).toEqual([]);
    expect(log().at(-1)).toMatchObject({
      uid: 1001,
      by: 'bob',
      action: 'down',
      resourceType: 'project',
      resourceId: folder,
      project: 'vision',
      outcome: 'refused',
      why,
    });
    // A group of before has no say any more.
    await expect(as(chief).confirm({ user: 'ada', by: 'root' })).rejects.toThrow('you are eve');
    await as({ uid: 1234, name: 'uid 1234', groups: [] }).confirm({ user: '1000', by: '' });
  });

  it("is what somebody gets who brings up another's folder, before its text is told", async () => {
    const theirs = '/home/ada/faulty';
    world.files.write(`${theirs}/mlenv.yaml`, 'apiVersion: mlenv/v1\nsecret: text\n');
    const refused = { code: 'refused', diagnostics: [] };
    await expect(as(bob).plan(theirs)).rejects.toMatchObject(refused);
    await expect(
      as(bob).up({ path: theirs, approve: [], environment: null, by: 'ada' }),
    ).rejects.toMatchObject(refused);
    expect(core().deps.store.projects.byPath(theirs)).toBeNull();
    expect(log().at(-1)).toMatchObject({ resourceType: 'folder', resourceId: theirs, by: 'bob' });
  });

  it('is what the new owner of a folder gets while the project is the first one’s', async () => {
    world.files.chown(folder, { uid: 1001, gid: 1001 });
    await expect(as(bob).up({ ...target, approve: ['train'] })).rejects.toThrow('belongs to ada');
    await expect(as(ada).up({ ...target, approve: [] })).rejects.toThrow('belongs to uid 1001');
  });

  it('of the service itself is written down as well', async () => {
    await as(ada).suspend({ ref, by });
    await expect(as(ada).restart({ ref, by })).rejects.toThrow('held');
    expect(log().at(-1)).toMatchObject({ action: 'restart', outcome: 'refused', uid: 1000 });
  });
});

test('who asked stands in the record, whatever the request says', async () => {
  await given();
  await as(ada).down(target);
  await as(chief).up({ ...target, approve: ['train'] });
  expect(log().slice(-2)).toMatchObject([
    {
      uid: 1000,
      by: 'ada',
      action: 'down',
      before: { train: { holds: [] } },
      after: { train: { holds: ['down'] } },
    },
    {
      uid: 1002,
      by: 'eve',
      action: 'up',
      before: { train: { holds: ['down'], approved: false } },
      after: { train: { holds: [], approved: true } },
    },
  ]);
  expect(world.environment(folder, 'train')?.approval?.by).toBe('eve');
});

test('a command in a container is written down, without its arguments', async () => {
  await given();
  const behind = fakeApi(fakeWorld());
  await as(root, { exec: (asked, options) => behind.exec(asked, options) }).exec(ref, execOptions);
  expect(log().at(-1)).toMatchObject({ action: 'exec', by: 'root', after: { program: 'sh' } });
  expect(JSON.stringify(log())).not.toContain('secret');
});

describe('reading that is own', () => {
  beforeEach(async () => {
    await given();
    people = { ...people, reading: 'own' };
    write(world, { train: 'image: app:1' }, '/home/bob/speech', 'speech');
    world.files.chown('/home/bob', { uid: 1001, gid: 1001 });
    await world.ask((api) =>
      api.up({ path: '/home/bob/speech', approve: [], environment: null, by }),
    );
    await world.settle();
  });

  it('shows the state of one’s own projects', async () => {
    const projects = async (who: Asker) =>
      (await as(who).status({ kind: 'all' })).items.map(({ project }) => project);
    expect(await projects(bob)).toEqual(['speech']);
    expect(await projects(ada)).toEqual(['vision']);
    expect(await projects(root)).toEqual(['vision', 'speech']);
  });

  it('shows use of one’s own projects, also of those that are gone, with totals of these alone', async () => {
    const { store, clock } = core().deps;
    const hour = 3_600_000;
    const now = clock.now();
    const uuids = ['GPU-a', 'GPU-b', 'GPU-c'];
    store.gpus.observe(
      uuids.map((uuid, index) => ({ uuid, index, model: 'L40S', memoryBytes: null })),
      [],
      now,
    );
    const lease = (projectId: string, gpuUuid: string): void =>
      store.gpus.grant(
        `${projectId}/train`,
        gpuUuid,
        [{ gpuUuid, migUuid: null, sharing: 'exclusive' }],
        now - 2 * hour,
      );
    const [speech, vision] = ['/home/bob/speech', folder].map((path) =>
      store.projects.byPath(path),
    );
    if (speech == null || vision == null) throw new Error('no project');
    store.projects.insert({ ...speech, id: 'gone', name: 'gone', path: '/home/bob/gone' });
    for (const [at, id] of [speech.id, vision.id, 'gone'].entries()) lease(id, uuids[at] ?? '');
    store.projects.remove('gone');
    const held = async (who: Asker) => {
      const since = new Date(now - hour).toISOString();
      const { items, total } = await as(who).report({ since, by: 'project' });
      return [new Set(items.map(({ project }) => project)), total.gpuHoursHeld];
    };
    expect(await held(bob)).toEqual([new Set(['gone', 'speech']), 2]);
    expect(await held(ada)).toEqual([new Set(['vision']), 1]);
    expect(await held(root)).toEqual([new Set(['gone', 'speech', 'vision']), 3]);

    const shown = async (who: Asker) =>
      new Set((await as(who).top()).items.map(({ project }) => project));
    expect(await shown(bob)).toEqual(new Set(['speech']));
    expect(await shown(root)).toEqual(new Set(['speech', 'vision']));
    // How busy the host is says nothing of anybody.
    expect((await as(bob).top()).watched).toBe(true);
  });

  it('shows events of one’s own projects', async () => {
    const projects = async (who: Asker) => {
      const all = new Set<string | null>();
      for await (const { project } of as(who).events(
        { ref: null, follow: false, limit: 100 },
        signal,
      ))
        all.add(project);
      return all;
    };
    expect(await projects(bob)).toEqual(new Set(['speech']));
    expect((await projects(root)).size).toBeGreaterThan(1);
  });

  it('tells that a card is taken, and not by whom', async () => {
    const report = gpuReport(gpuItem({ state: 'held', holders: [gpuHolder()] }));
    const seen = await as(bob, { gpus: async () => report }).gpus();
    expect(seen.gpus[0]).toMatchObject({
      state: 'held',
      holders: [{ owner: null, project: null }],
    });
    expect(JSON.stringify(seen)).not.toContain('vision');
    expect(await as(root, { gpus: async () => report }).gpus()).toBe(report);
  });

  it('shows one’s own place in the queue', async () => {
    const item = {
      environment: 'train',
      priority: 0,
      asks: '',
      since: '',
      reason: '',
      message: '',
    };
    const report = {
      order: 'strict' as const,
      items: [
        { ...item, place: 1, project: 'vision', projectPath: folder },
        { ...item, place: 2, project: 'speech', projectPath: '/home/bob/speech' },
      ],
    };
    const places = async (who: Asker) =>
      (await as(who, { queue: async () => report }).queue()).items.map(({ place }) => place);
    expect(await places(bob)).toEqual([2]);
    expect(await places(root)).toEqual([1, 2]);
  });
});

test('the audit log shows one’s own, and an administrator all', async () => {
  await given();
  await as(ada).suspend({ ref, by });
  await as(bob)
    .confirm({ user: null, by })
    .catch(() => undefined);
  const actions = async (who: Asker) =>
    (await as(who).audit({ project: null, user: null, since: null, limit: 100 })).items.map(
      ({ action, by: asked }) => `${asked} ${action}`,
    );
  expect(await actions(ada)).toContain('ada suspend');
  expect(await actions(ada)).not.toContain('bob confirm');
  expect(await actions(bob)).toEqual(['bob confirm']);
  expect(await actions(root)).toEqual(expect.arrayContaining(['ada suspend', 'bob confirm']));
  const nonsense = { project: null, user: null, since: 'soon', limit: 1 };
  await expect(as(root).audit(nonsense)).rejects.toMatchObject({ code: 'usage' });
});
