import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectEngine, type Engine } from '../../controller/docker/connect.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { createSite, type Site } from '../support/mlenv.ts';
import { type Registry, startRegistry } from '../support/registry.ts';
import { sharedEngine } from '../support/shared-engine.ts';
import { until } from '../support/until.ts';

/** What is locked is pulled and made by its digest: whether a real engine takes a tag and a digest together. */

let docker: DockerHand;
let site: Site;
let registry: Registry;
let engine: Engine;

beforeAll(async () => {
  const { host, namespace } = sharedEngine();
  docker = dockerHand(host);
  await docker.sweep();
  registry = await startRegistry(namespace);
  const connected = await connectEngine({ host });
  if (!connected.ok) throw new Error(connected.failure.message);
  engine = connected.value;
  site = createSite({ host });
  // It listens on the machine's own loopback, which users reach where an administrator says so.
  appendFileSync(site.configFile, `registries: [{ name: "${registry.address}" }]\n`);
});
afterAll(async () => {
  await site.cleanup();
  engine.close();
  registry.close();
  await docker.sweep();
});

test('an image is locked by the digest that it was pulled by, and comes back by it', async () => {
  const image = `${registry.address}/pullable:1`;
  const { signal } = new AbortController();
  expect(await engine.writer.pull(image, () => undefined, signal)).toMatchObject({ ok: true });
  const spec = `apiVersion: mlenv/v1\nenvironments:\n  one: { image: "${image}", user: image, network: false }\n`;
  const project = site.project('pins', spec);
  await project.ok('lock');
  const lock = readFileSync(join(project.folder, 'mlenv.lock'), 'utf8');
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(lock)?.[1];
  expect(await project.ok('lock', '--check')).toContain('1 locked');

  expect(await engine.writer.removeImage(image)).toMatchObject({ ok: true });
  expect(await engine.reader.image(image)).toMatchObject({ ok: false });
  await site.controller();
  // There is no program in it, so that it is made and cannot start.
  await project.reaches('one', ({ containerId }) => containerId !== null);
  await until('it is made of the digest', async () => {
    const [made] = await docker.containers();
    const seen = made === undefined ? null : await engine.reader.inspect(made.id);
    return seen?.ok === true && seen.value.config.image === `${image}@${digest}`;
  });
  expect(await project.ok('describe', 'one')).toContain(`${image}@${digest} (lock, generation 1)`);

  // Without a tag it can be named by its digest, as a prune does.
  await site.end();
  await docker.sweep();
  const bare = `${registry.address}/pullable@${digest}`;
  const images = await engine.reader.images();
  expect(images.ok && images.value).toContainEqual(
    expect.objectContaining({ tags: [], digests: [bare] }),
  );
  expect(await engine.writer.removeImage(bare)).toMatchObject({ ok: true });
  expect(await engine.reader.image(bare)).toMatchObject({ ok: false });
});
