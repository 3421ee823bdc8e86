import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import { connectEngine } from '../../controller/docker/connect.ts';
import { richDefaults, value } from '../contracts/engine-bench.ts';
import { engineContract } from '../contracts/engine.contract.ts';
import { buildStandIn } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';

engineContract('a real Docker Engine', async () => {
  const host = inject('engineHost');
  const { labels, volumes, workdir, command } = richDefaults;
  await buildStandIn({ host, refs: ['mlenv.test/plain:1'], command });
  const rich = { labels, volumes, workdir, command, env: { RICH: richDefaults.env.RICH } };
  await buildStandIn({ host, refs: ['mlenv.test/rich:1'], ...rich });
  const registry = await startRegistry(inject('engineNamespace'));
  const engine = value(await connectEngine({ host }));
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-contract-'));
  return {
    reader: engine.reader,
    writer: engine.writer,
    plainImage: 'mlenv.test/plain:1',
    richImage: 'mlenv.test/rich:1',
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
  };
});
