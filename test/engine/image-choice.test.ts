import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VersionsReport } from '../../controller/model/catalogue-api.ts';
import { account, type DebianRegistry, startDebianRegistry } from '../support/debian-registry.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type PrivateDockerd, startDockerd } from '../support/dockerd.ts';
import { standInParts } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { type NgcServer, startNgc } from '../support/ngc-server.ts';
import { type RegistryProxy, startRegistryProxy } from '../support/registry-proxy.ts';

/**
 * From the catalogue to a container that runs: Debian's registry, with a login, stands where nvcr.io does for the
 * controller and for the engine; only the search is a stand-in.
 */

let dockerd: PrivateDockerd;
let docker: DockerHand;
let registry: DebianRegistry;
let proxy: RegistryProxy;
let ngc: NgcServer;
let site: Site;
const login = mkdtempSync(join(tmpdir(), 'mlenv-docker-'));
const port = 3128;

const push = async (tag: string, cuda: string): Promise<string> => {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const env = { CUDA_VERSION: cuda, PYTHON_VERSION: '3.10.12', PYTORCH_VERSION: '2.4.0', TAG: tag };
  const { layer, config } = standInParts({ env, architecture });
  const layers = [gzipSync(layer, { level: 1 })];
  return (await registry.push('nvidia/pytorch', { tag, layers, config, kind: 'docker' })).digest;
};

beforeAll(async () => {
  registry = await startDebianRegistry();
  dockerd = await startDockerd({ name: 'mlenv-choice', proxied: { registry: 'nvcr.io', port } });
  docker = dockerHand(dockerd.host);
  proxy = await startRegistryProxy(dockerd.namespace, port, registry.basic);
  ngc = await startNgc('nvidia/pytorch', []);
  const auth = Buffer.from(`${account.user}:${account.password}`).toString('base64');
  writeFileSync(join(login, 'config.json'), JSON.stringify({ auths: { 'nvcr.io': { auth } } }), {
    mode: 0o600,
  });
  site = createSite({ host: dockerd.host, env: { DOCKER_CONFIG: login } });
  appendFileSync(
    site.configFile,
    `catalogueUrl: ${ngc.url}\nregistries: [{ name: nvcr.io, url: "http://${registry.basic}", sharedLogin: true }]\n`,
  );
});
afterAll(async () => {
  await site.cleanup();
  await ngc.close();
  await proxy.close();
  await dockerd.cleanup();
  await registry.close();
  rmSync(login, { recursive: true });
});

test('sync, search, choose, pull by digest, run; a moved tag changes nothing until the file does', async () => {
  const older = await push('24.05-py3', '12.4.1.003');
  await push('23.01-py3', '12.0.1.003');
  await site.controller();
  expect(await site.mlenv(['images', 'sync', '--image', 'pytorch'])).toMatchObject({ code: 0 });
  const found = await site.mlenv([
    'images',
    'search',
    'torch',
    '--cuda',
    '>=12.4',
    '--python',
    '3.10',
    '-o',
    'json',
  ]);
  const { items } = JSON.parse(found.stdout) as VersionsReport;
  expect(
    items
      .filter(({ origin }) => origin === 'sync')
      .map(({ reference, digest }) => [reference, digest]),
  ).toEqual([['nvcr.io/nvidia/pytorch:24.05-py3', older]]);

  const spec = (cuda: string): string =>
    JSON.stringify({
      apiVersion: 'mlenv/v1',
      environments: {
        book: {
          image: { framework: 'pytorch', cuda, python: '3.10' },
          command: ['sleep', '600'],
          stopGrace: '1s',
        },
      },
    });
  const project = site.project('choice', spec('>=12.4'));
  await project.ok('up');
  const { containerName, containerId } = await project.item('book');
  expect((await docker.inspect(containerName)).Config.Image).toBe(
    `nvcr.io/nvidia/pytorch:24.05-py3@${older}`,
  );
  expect(proxy.asked.some((line) => line.includes(`/manifests/${older}`))).toBe(true);

  const newer = await push('24.10-py3', '12.6.2.004');
  await push('24.05-py3', '12.5.0.000');
  expect(await site.mlenv(['images', 'sync', '--image', 'pytorch'])).toMatchObject({ code: 0 });
  await project.ok('up', '--yes');
  expect((await project.item('book')).containerId).toBe(containerId);

  project.save(spec('>=12.6'));
  await project.ok('up', '--yes');
  await project.reaches('book', ({ ready, containerId: id }) => ready && id !== containerId);
  expect((await docker.inspect(containerName)).Config.Image).toBe(
    `nvcr.io/nvidia/pytorch:24.10-py3@${newer}`,
  );
});
