import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRepository, type Repository } from '../git/repository.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { until } from '../support/until.ts';
import type { StatusItem } from '../../controller/model/api.ts';

/** A real git, a real engine: a push to a remote that is followed, and a pull in a folder that is watched. */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let site: Site;
let remote: Repository;
let port: number;
const image = 'mlenv.test/gitops:1';

const spec = (command: string, more = ''): string =>
  `apiVersion: mlenv/v1\nproject: vision\nenvironments:\n  train:\n    image: ${image}\n    command: ${command}\n    stopGrace: 1s\n${more}`;

beforeAll(async () => {
  dockerd = await startDockerd({ name: 'mlenv-gitops', liveRestore: true });
  docker = dockerHand(dockerd.host);
  await buildStandIn({ host: dockerd.host, refs: [image] });
  remote = createRepository();
  port = await freePort();
  site = createSite({ host: dockerd.host });
});
afterAll(async () => {
  await site.cleanup();
  await dockerd.cleanup();
  remote.remove();
});

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};
const query = <T>(sql: string): T[] => {
  const db = new Database(join(site.stateDir, 'mlenv.db'), { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
};
const items = async (): Promise<readonly StatusItem[]> =>
  (await (await site.api()).status({ kind: 'all' })).items;
const reaches = async (
  holds: (item: StatusItem) => boolean,
  environment = 'train',
): Promise<StatusItem> => {
  let last: StatusItem | undefined;
  await until(
    () => `as wished: ${JSON.stringify(last)}\n${site.log().slice(-3000)}`,
    async () => {
      last = (await items()).find((one) => one.environment === environment);
      return last !== undefined && holds(last);
    },
  );
  if (last === undefined) throw new Error('it was there a moment ago');
  return last;
};
const secret = 'known to the forge';
/** As a forge does after a push; the remote is polled once an hour only. */
const hook = async (): Promise<void> => {
  const body = JSON.stringify({ ref: 'refs/heads/main' });
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  const headers = { 'x-gitea-event': 'push', 'x-gitea-signature': digest };
  const url = `http://127.0.0.1:${port}/hooks/git/vision`;
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(202);
};
/** Beside the folder that the controller watches in any case. */
const elsewhere = (): string => join(site.stateDir, '..', 'elsewhere');

const workspaceOf = async (name: string): Promise<string> =>
  (await docker.inspect(name)).Mounts.find(({ Destination }) => Destination === '/workspace')
    ?.Source ?? '';

test('a push to a remote that is followed is the deployment', async () => {
  const first = remote.commit(
    { 'mlenv.yaml': spec('sleep 1h'), 'train.py': 'print(1)\n' },
    'Train for an hour',
  );
  const secretFile = join(site.root, 'vision.hook');
  writeFileSync(secretFile, secret, { mode: 0o600 });
  writeFileSync(
    site.configFile,
    `apiVersion: mlenv/v1\npeople: { roots: [${site.root}] }\nwatch: ["${elsewhere()}/a*/mlenv.yaml"]\nlisten: 127.0.0.1:${port}\nsources:\n  - { name: vision, url: "${remote.url}", poll: 1h, webhook: { secretFile: ${secretFile} } }\n`,
  );
  await site.controller();
  const one = await reaches(({ ready }) => ready);
  expect(one).toMatchObject({ project: 'vision', revision: first });
  expect(readFileSync(join(await workspaceOf(one.containerName), 'train.py'), 'utf8')).toBe(
    'print(1)\n',
  );

  // Another commit with the same text: the container keeps the tree that it was made with.
  const second = remote.commit({ 'train.py': 'print(2)\n' }, 'Print more');
  await hook();
  const two = await reaches(({ revision }) => revision === second);
  expect(two.containerId).toBe(one.containerId);
  expect(await workspaceOf(two.containerName)).toContain(first);

  // Another command: made anew, on the newest files.
  const third = remote.commit({ 'mlenv.yaml': spec('sleep 2h') }, 'Train for two hours');
  await hook();
  const three = await reaches(({ containerId, ready }) => containerId !== one.containerId && ready);
  expect(await workspaceOf(three.containerName)).toContain(third);
  expect(readFileSync(join(await workspaceOf(three.containerName), 'train.py'), 'utf8')).toBe(
    'print(2)\n',
  );
  expect(
    query(
      'SELECT generation, revision, author, subject, outcome FROM generations ORDER BY generation',
    ),
  ).toMatchObject([
    { generation: 1, revision: first, author: 'Alice', subject: 'Train for an hour' },
    { generation: 2, revision: third, author: 'Alice', subject: 'Train for two hours' },
  ]);

  // Back to the commit before, and forward again.
  expect((await site.mlenv(['rollback', 'vision'])).code).toBe(0);
  const back = await reaches(
    ({ containerId, ready }) => containerId !== three.containerId && ready,
  );
  expect(back).toMatchObject({ revision: first, workspaceRevision: first, sync: 'Synced' });
  const told = await (await site.api()).status({ kind: 'all' });
  expect(told.notices).toMatchObject([
    { reason: 'SourcePinned', message: expect.stringContaining(first.slice(0, 10)) },
  ]);
  expect((await site.mlenv(['rollback', 'vision', '0123456'])).code).toBe(2);
  expect((await site.mlenv(['rollback', 'vision', '--resume'])).code).toBe(0);
  const again = await reaches(
    ({ containerId, ready, revision }) =>
      containerId !== back.containerId && ready && revision === third,
  );

  // A bad commit changes nothing but the status.
  remote.commit({ 'mlenv.yaml': spec('sleep 3h').replace('image', 'imgae') }, 'Break it');
  await hook();
  await until('the fault is told', async () =>
    (await (await site.api()).status({ kind: 'all' })).notices.some(
      ({ reason }) => reason === 'SpecInvalid',
    ),
  );
  expect(await reaches(({ ready }) => ready)).toMatchObject({ containerId: again.containerId });

  // History written anew waits for a person.
  remote.git('reset', '--quiet', '--hard', first);
  const anew = remote.commit({ 'mlenv.yaml': spec('sleep 4h') }, 'Another past');
  await hook();
  await until('it waits', () =>
    Promise.resolve(
      query<{ waiting: string }>('SELECT waiting FROM sources').some(
        ({ waiting }) => waiting === anew,
      ),
    ),
  );
  expect((await items())[0]?.containerId).toBe(again.containerId);
  expect((await site.mlenv(['confirm'])).code).toBe(0);
  const four = await reaches(
    ({ containerId, ready }) => containerId !== again.containerId && ready,
  );
  expect(four.revision).toBe(anew);
}, 240_000);

test('git pull in a folder that is watched is the deployment, and says which commit runs', async () => {
  const upstream = createRepository();
  try {
    const first = upstream.commit(
      { 'mlenv.yaml': spec('sleep 1h').replace('vision', 'pulled') },
      'Begin',
    );
    const clone = join(site.root, 'pulled');
    execFileSync('git', ['clone', '--quiet', upstream.url, clone]);
    const of = (item: StatusItem): boolean => item.project === 'pulled';
    const find = async (holds: (item: StatusItem) => boolean): Promise<StatusItem> => {
      let found: StatusItem | undefined;
      await until(
        () => `as wished\n${site.log().slice(-2000)}`,
        async () => {
          found = (await items()).find((item) => of(item) && holds(item));
          return found !== undefined;
        },
      );
      return found as StatusItem;
    };
    const one = await find(({ ready, revision }) => ready && revision === first);
    const second = upstream.commit(
      { 'mlenv.yaml': spec('sleep 2h').replace('vision', 'pulled') },
      'Longer',
    );
    execFileSync('git', ['pull', '--quiet'], { cwd: clone });
    const two = await find(
      ({ ready, revision, containerId }) =>
        ready && revision === second && containerId !== one.containerId,
    );
    expect((await docker.inspect(two.containerName)).Config.Labels['mlenv.revision']).toBe(second);

    // An edit that nobody committed is not the commit's.
    writeFileSync(join(clone, 'mlenv.yaml'), spec('sleep 3h').replace('vision', 'pulled'));
    await find(
      ({ ready, revision, containerId }) =>
        ready && revision === `${second}+` && containerId !== two.containerId,
    );
    expect(
      query(
        'SELECT revision, author FROM generations ORDER BY at_ms DESC, generation DESC LIMIT 1',
      ),
    ).toEqual([{ revision: `${second}+`, author: '' }]);
  } finally {
    upstream.remove();
  }
}, 120_000);

test('another configuration: a source that left is pruned to its mirror, and a pattern finds what it names', async () => {
  const mirror = join(site.stateDir, 'sources', '.mirrors', 'vision');
  expect(existsSync(mirror)).toBe(true);
  const at = (name: string): string => join(elsewhere(), name);
  for (const name of ['audio', 'audio/copy', 'other']) {
    mkdirSync(at(name), { recursive: true });
    const text = spec('sleep 1h').replace('project: vision', `project: ${name.replace('/', '-')}`);
    writeFileSync(join(at(name), 'mlenv.yaml'), text);
  }
  writeFileSync(
    site.configFile,
    `apiVersion: mlenv/v1\npruneGrace: 1s\npeople: { roots: [${site.root}] }\nwatch: ["${elsewhere()}/a*/mlenv.yaml"]\n`,
  );
  const names = async (): Promise<ReadonlySet<string>> =>
    new Set((await items()).filter(({ ready }) => ready).map(({ project }) => project));
  await until(
    () => `audio runs and the source is gone\n${site.log().slice(-2000)}`,
    async () => (await names()).has('audio') && !existsSync(mirror),
  );
  expect([...(await names())].toSorted()).toEqual(['audio', 'pulled']);
  expect(query('SELECT name FROM sources')).toEqual([]);
  expect(query("SELECT reason FROM events WHERE reason = 'SourceRetired'")).toHaveLength(1);
}, 120_000);
