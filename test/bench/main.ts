import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildStandIn } from '../support/images.ts';
import { startDockerd } from '../support/dockerd.ts';
import { openEngineApi } from './engine-api.ts';
import { heading, median, ms, row } from './figures.ts';
import { rawRound, type RawTimes } from './raw.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50' },
    concurrency: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
  },
});
const count = Number(values.count);
const concurrency = Number(values.concurrency);
const rounds = Number(values.rounds);
const image = 'busybox:1.36';

const dockerd = await startDockerd({ name: 'mlenv-bench' });
try {
  await buildStandIn({ host: dockerd.host, refs: [image] });
  console.log(`${cpus().length} cores, Node ${process.version}, a private Docker Engine`);
  await containers();
} finally {
  await dockerd.cleanup();
}

async function containers(): Promise<void> {
  heading(`${count} containers, ${concurrency} at a time, median of ${rounds} rounds`);
  const api = openEngineApi(dockerd.socket, concurrency);
  const raw: RawTimes[] = [];
  for (let round = 0; round < rounds; round += 1) {
    raw.push(await rawRound({ api, image, count, concurrency }));
  }
  api.close();
  row('bring-up, raw Engine API', ms(median(raw.map(({ upMs }) => upMs))));
  row('removal, raw Engine API', ms(median(raw.map(({ removalMs }) => removalMs))));
}
