import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { connectEngine } from '../../controller/docker/connect.ts';
import { injectionOf } from '../../controller/docker/injection.ts';
import {
  bakedEnv,
  cards,
  collected,
  type HandRun,
  plainConfig,
  richDefaults,
  value,
} from '../contracts/engine-bench.ts';
import { engineContract } from '../contracts/engine.contract.ts';
import { failGpuHook } from '../support/dockerd-gpus.ts';
import { buildStandIn } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';

engineContract('a real Docker Engine', async () => {
  const host = sharedEngine().host;
  const { labels, volumes, workdir, command } = richDefaults;
  await buildStandIn({ host, refs: ['mlenv.test/plain:1'], command });
  const rich = { labels, volumes, workdir, command, env: { RICH: richDefaults.env.RICH } };
  await buildStandIn({ host, refs: ['mlenv.test/rich:1'], ...rich });
  await buildStandIn({ host, refs: ['mlenv.test/baked:1'], command, env: bakedEnv });
  const registry = await startRegistry(sharedEngine().namespace);
  const engine = value(await connectEngine({ host }));
  const docker = new Docker({ socketPath: host.replace('unix://', '') });
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-contract-'));
  return {
    reader: engine.reader,
    writer: engine.writer,
    plainImage: 'mlenv.test/plain:1',
    richImage: 'mlenv.test/rich:1',
    bakedImage: 'mlenv.test/baked:1',
    folder,
    missingFolder: join(folder, 'missing'),
    unpullable: `${registry.address}/mlenv.test/unpullable:1`,
    pullable: `${registry.address}/mlenv.test/pullable:1`,
    until: async (holds) => {
      const end = Date.now() + 30_000;
      while (!(await holds())) {
        if (Date.now() > end) throw new Error('it never came to hold');
        await sleep(20);
      }
    },
    settled: (call) => call,
    close: () => {
      engine.close();
      registry.close();
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
    runByHand: runByHand(docker),
    createByHand: async ({ name, labels, privileged }) => {
      const wish = { name, Image: 'mlenv.test/plain:1', Labels: { ...labels } };
      const { id } = await docker.createContainer({
        ...wish,
        HostConfig: { Init: true, Privileged: privileged },
      });
      return id;
    },
    // An engine before 28 knows no CDI.
    injections: [
      'device-request',
      'runtime',
      'none',
      ...(engine.info.cdiDevices.length > 0 ? ['cdi' as const] : []),
    ],
    failGpuHook: (fails) => failGpuHook(sharedEngine().folder, fails),
  };
});

test('cards given by CDI are brought in as their description says', async (context) => {
  const engine = value(await connectEngine({ host: sharedEngine().host }));
  const { reader, writer, info } = engine;
  const names = cards.map((card) => `nvidia.com/gpu=${card}`);
  // An engine before 28.2 knows none.
  context.skip(info.cdiDevices.length === 0);
  expect([...info.cdiDevices].sort()).toEqual(names);
  expect(injectionOf('auto', info)).toBe('cdi');
  const wish = { ...plainConfig, name: 'contract-cdi', image: 'mlenv.test/plain:1', init: false };
  const gpus = { ids: [cards[0]], injection: 'cdi' } as const;
  const { id } = value(await writer.create({ ...wish, command: ['env'], gpus }, []));
  value(await writer.start(id));
  const never = new AbortController().signal;
  const { stdout } = await collected(reader.logs(id, { follow: true, tail: null }, never));
  value(await writer.remove(id, { volumes: true }));
  engine.close();
  expect(stdout.match(/^CDI_.*$/gm)).toEqual([`CDI_${cards[0].replaceAll('-', '_')}=here`]);
});

/** As `docker run -d --gpus` does. */
const runByHand =
  (docker: Docker) =>
  async ({ name, labels, gpus }: HandRun): Promise<string> => {
    const which =
      typeof gpus === 'number'
        ? { Count: gpus }
        : gpus === 'all'
          ? { Count: -1 }
          : { DeviceIDs: [...(gpus ?? [])] };
    const container = await docker.createContainer({
      name,
      Image: 'mlenv.test/plain:1',
      Labels: { ...labels },
      HostConfig: {
        Init: true,
        ...(gpus === null ? {} : { DeviceRequests: [{ ...which, Capabilities: [['gpu']] }] }),
      },
    });
    await container.start();
    return container.id;
  };
