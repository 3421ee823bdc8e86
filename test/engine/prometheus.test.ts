import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageFolder } from '../../schema/files.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { readExposition } from '../support/exposition.ts';
import { buildStandIn } from '../support/images.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { until } from '../support/until.ts';

/** Prometheus's own tool over what a controller really says, and over the rules that are shipped. */

const image = 'mlenv.test/prometheus:1';
let docker: DockerHand;
let site: Site;

beforeAll(async () => {
  const host = sharedEngine().host;
  docker = dockerHand(host);
  await docker.sweep();
  await buildStandIn({ host, refs: [image] });
  site = createSite({ host });
});
afterAll(async () => {
  await site.cleanup();
  await docker.sweep();
});

const promtool = (args: readonly string[], input = ''): string => {
  const beside = join(packageFolder(), '.cache/promtool/usr/bin');
  const env = { ...process.env, PATH: `${process.env['PATH']}:${beside}` };
  const { status, stdout, stderr, error } = spawnSync('promtool', args, {
    cwd: packageFolder(),
    env,
    input,
    encoding: 'utf8',
  });
  if (error !== undefined) {
    throw new Error(`promtool is missing: npm test fetches it, or apt-get install prometheus`);
  }
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`);
  return `${stdout}${stderr}`;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

test('promtool has nothing to say of a real scrape', async () => {
  const [port, token] = [await freePort(), join(site.root, 'token')];
  writeFileSync(token, 'a token of the lab\n', { mode: 0o600 });
  writeFileSync(
    site.configFile,
    `${readFileSync(site.configFile, 'utf8')}listen: 127.0.0.1:${port}
metrics: { interval: 1s, prometheus: true, tokenFile: ${token} }\n`,
  );
  await site.controller();
  const spec = { web: { image, command: ['sleep', '1000'], memory: '32MB' } };
  const project = site.project(
    'watched',
    JSON.stringify({ apiVersion: 'mlenv/v1', environments: spec }),
  );
  await project.ok('up');
  const scrape = async (bearer: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${bearer}` } });
  expect((await scrape('guessed')).status).toBe(401);
  let text = '';
  await until('the container is in it', async () => {
    text = await (await scrape('a token of the lab')).text();
    return text.includes('mlenv_container_cpu_usage_ratio{project="watched"');
  });
  expect(promtool(['check', 'metrics'], text)).toBe('');
  expect(readExposition(text).length).toBeGreaterThan(40);
  expect(text).toMatch(/^mlenv_container_memory_limit_bytes\{.*\} 33554432$/m);
  expect(text).toMatch(/^mlenv_samples_last_timestamp_seconds \d{10}/m);
  expect(text).toMatch(/^process_open_fds [1-9]/m);
  // The same over the socket, for administrators.
  expect(await (await site.api()).scrape()).toContain('mlenv_environment_ready{project="watched"');
});

test('the rules that are shipped are rules, and ring when they should', () => {
  expect(promtool(['check', 'rules', 'docs/prometheus/alerts.yaml'])).toContain('SUCCESS');
  expect(promtool(['test', 'rules', 'test/fixtures/alerts.test.yaml'])).toContain('SUCCESS');
});
