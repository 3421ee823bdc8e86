import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  ImageDetails,
  ImagesReport,
  VersionsReport,
} from '../../controller/model/catalogue-api.ts';
import { connectEngine } from '../../controller/docker/connect.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { type NgcServer, startNgc } from '../support/ngc-server.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { until } from '../support/until.ts';

/** The catalogue, read by the built program from a server that stands in for NGC. */

let docker: DockerHand;
let site: Site;
let ngc: NgcServer;
const tags = ['24.05-py3', '24.10-py3', '9.09-py3', '24.05-py3-igpu'];

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await forgetImage(host);
  ngc = await startNgc('nvidia/pytorch', tags);
  site = createSite({ host });
  appendFileSync(
    site.configFile,
    `catalogueUrl: ${ngc.url}\nregistries: [{ name: nvcr.io, url: ${ngc.url} }]\n`,
  );
});
afterAll(async () => {
  await site.cleanup();
  await ngc.close();
  await docker.sweep();
});

/** Another file may have left an image of that name on the engine that they share. */
const forgetImage = async (host: string): Promise<void> => {
  const connected = await connectEngine({ host });
  if (!connected.ok) throw new Error(connected.failure.message);
  await connected.value.writer.removeImage('nvcr.io/nvidia/pytorch:24.05-py3');
  connected.value.close();
};

const json = async <T>(...args: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await site.mlenv(['images', ...args, '-o', 'json']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
};

test('before any sync the starter is searched, also where no controller runs', async () => {
  const found = await json<VersionsReport>(
    'search',
    'torch',
    '--cuda',
    '>=12.4',
    '--arch',
    'amd64',
  );
  expect(found.catalogue).toMatchObject({ syncedAt: null, syncs: [] });
  expect(found.items.map(({ reference }) => reference)).toContain(
    'nvcr.io/nvidia/pytorch:24.05-py3',
  );
  expect(new Set(found.items.map(({ origin }) => origin))).toEqual(new Set(['starter']));
});

test('a sync that kill -9 cut off goes on in the next controller', async () => {
  const controller = await site.controller();
  const reached = ngc.hang('manifest 24.05-py3-igpu');
  const { stdout } = await site.mlenv(['images', 'sync', '--image', 'pytorch', '--no-wait']);
  expect(stdout).toBe('the reading of nvidia/pytorch begins\n');
  await reached;
  await controller.kill9();
  const before = ngc.asked.length;
  await site.controller();
  await until('it is complete', async () => {
    const [sync] = (await json<ImagesReport>('list')).catalogue.syncs;
    return sync?.state === 'complete' && sync.retired === 10;
  });
  const again = ngc.asked.slice(before);
  expect(again).toContain('manifest 24.05-py3-igpu');
  expect(again).not.toContain('search');
  expect(again).not.toContain('manifest 24.10-py3');
  const asked = ngc.asked.length;
  const next = await site.mlenv(['images', 'sync', '--image', 'pytorch']);
  expect(next.stdout).toContain('0 retired; 1 answer had not changed\n');
  expect(ngc.asked.slice(asked)).toEqual(['tags unchanged']);
});

test('what was read is found, shown and carried over', async () => {
  const { items } = await json<VersionsReport>('versions', 'pytorch', '--python', '3.10');
  expect(items.map(({ tag }) => tag)).toEqual([
    '24.10-py3',
    '24.05-py3',
    '24.05-py3-igpu',
    '9.09-py3',
  ]);
  expect(await json<ImageDetails>('show', 'nvidia/pytorch:24.05-py3')).toMatchObject({
    item: {
      digest: expect.stringMatching(/^sha256:/),
      sizeBytes: 2000,
      cuda: '12.4',
      cudaFull: '12.4.1.003',
      python: '3.10',
      framework: '2.24.0',
      architectures: ['amd64'],
      cached: false,
    },
    manifest: { schemaVersion: 2 },
  });
  const file = join(site.root, 'catalogue.json');
  expect(await site.mlenv(['images', 'export', file])).toMatchObject({ code: 0 });
  const other = createSite({ host: site.host, env: { MLENV_STATE_DIR: join(site.root, 'other') } });
  try {
    await site.end();
    expect(await other.mlenv(['images', 'import', file])).toMatchObject({ code: 0 });
    const { stdout } = await other.mlenv(['images', 'list', 'torch', '-o', 'json']);
    expect((JSON.parse(stdout) as ImagesReport).items).toMatchObject([
      { repository: 'nvidia/pytorch', newestTag: '25.12-py3', origin: 'import' },
    ]);
  } finally {
    await other.cleanup();
  }
});
