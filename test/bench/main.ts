import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildStandIn } from '../support/images.ts';
import { startDockerd } from '../support/dockerd.ts';
import { containers } from './containers.ts';
import { latency } from './latency.ts';
import { startup } from './startup.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50' },
    concurrency: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'startup,containers,latency' },
  },
});
const rounds = Number(values.rounds);
const only = new Set(values.only.split(','));
const image = 'busybox:1.36';

console.log(`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`);
if (only.has('startup')) await startup(20);
if (only.has('containers') || only.has('latency')) {
  const dockerd = await startDockerd({ name: 'mlenv-bench' });
  try {
    await buildStandIn({ host: dockerd.host, refs: [image] });
    const sizes = { count: Number(values.count), concurrency: Number(values.concurrency), rounds };
    const engine = { socket: dockerd.socket, image };
    if (only.has('containers')) await containers({ ...engine, ...sizes });
    if (only.has('latency')) await latency({ ...engine, samples: 20 });
  } finally {
    await dockerd.cleanup();
  }
}
