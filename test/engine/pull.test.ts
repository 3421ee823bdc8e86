import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dockerCredentials } from '../../controller/catalog/docker-config.ts';
import { loginFor } from '../../controller/catalog/login-for.ts';
import { connectEngine } from '../../controller/docker/connect.ts';
import { type DockerHand, dockerHand } from '../support/docker-hand.ts';
import { type Registry, startRegistry } from '../support/registry.ts';
import { sharedEngine } from '../support/shared-engine.ts';

/** Images that not everybody may pull: what `docker login` left behind is shown to their registry. */

let docker: DockerHand;
let registry: Registry;
const { host, namespace } = sharedEngine();
const folder = mkdtempSync(join(tmpdir(), 'mlenv-login-'));

beforeAll(async () => {
  docker = dockerHand(host);
  await docker.sweep();
  registry = await startRegistry(namespace, { user: 'ada', secret: 's3cret:x' });
});
afterAll(async () => {
  registry.close();
  rmSync(folder, { recursive: true });
  await docker.sweep();
});

const pull = async () => {
  const connected = await connectEngine({
    host,
    loginFor: loginFor(dockerCredentials({ env: { DOCKER_CONFIG: folder } })),
  });
  if (!connected.ok) throw new Error(connected.failure.message);
  const { signal } = new AbortController();
  const image = `${registry.address}/pullable:1`;
  const pulled = await connected.value.writer.pull(image, () => undefined, signal);
  connected.value.close();
  return pulled;
};
const login = (auth: string, mode = 0o600): void => {
  const auths = { [registry.address]: { auth: Buffer.from(auth).toString('base64') } };
  rmSync(join(folder, 'config.json'), { force: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }), { mode });
};

test('a login that is there is shown, and one that is not, is wrong or open to all is told of', async () => {
  expect(await pull()).toMatchObject({ ok: false, failure: { kind: 'retry' } });
  login('ada:wrong');
  expect(await pull()).toMatchObject({ ok: false });
  login('ada:s3cret:x', 0o644);
  const open = await pull();
  expect(open).toMatchObject({ ok: false });
  expect(JSON.stringify(open)).toMatch(/may be read by others: chmod 600/);
  login('ada:s3cret:x');
  expect(await pull()).toEqual({ ok: true, value: undefined });
});
