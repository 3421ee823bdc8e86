import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startDockerd } from '../support/dockerd.ts';
import { buildStandIn } from '../support/images.ts';
import { admission } from './admission.ts';
import { catalogue } from './catalogue.ts';
import { containers } from './containers.ts';
import { gitops } from './gitops.ts';
import { latency } from './latency.ts';
import { machine } from './machine.ts';
import { metrics } from './metrics.ts';
import { markdown, printed, replaced, type Section } from './report.ts';
import { resident } from './resident.ts';
import { startup } from './startup.ts';
import { year } from './year.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50' },
    concurrency: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '100,300,1000,3000' },
    'idle-seconds': { type: 'string', default: '60' },
    only: {
      type: 'string',
      default: 'startup,admission,year,catalogue,containers,latency,metrics,gitops,resident',
    },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const only = new Set(values.only.split(','));
const image = 'busybox:1.36';
const document = 'docs/benchmarks.md';

const { line, warning } = machine(new Date());
console.log(line);
if (warning !== null) console.log(warning);

/** Written as soon as it is there: what comes later may fail. */
const tell = (section: Section): void => {
  console.log(printed(section));
  if (!values.write) return;
  const text = markdown(section, line);
  writeFileSync(document, replaced(readFileSync(document, 'utf8'), section.id, text));
};

if (only.has('startup')) tell(await startup(20));
if (only.has('admission')) tell(admission(20));
if (only.has('year')) tell(year());
if (only.has('catalogue')) tell(catalogue(20));
if (['containers', 'latency', 'metrics', 'gitops'].some((name) => only.has(name))) {
  const dockerd = await startDockerd({ name: 'mlenv-bench' });
  try {
    await buildStandIn({ host: dockerd.host, refs: [image] });
    const sizes = { count: Number(values.count), concurrency: Number(values.concurrency), rounds };
    const engine = { socket: dockerd.socket, image };
    if (only.has('containers')) tell(await containers({ ...engine, ...sizes }));
    if (only.has('latency')) tell(await latency({ ...engine, samples: 20 }));
    if (only.has('metrics')) tell(await metrics({ ...engine, ...sizes }));
    if (only.has('gitops')) {
      const idleMs = Number(values['idle-seconds']) * 1000;
      tell(await gitops({ ...engine, samples: 20, projects: 1000, idleMs, remotes: 200 }));
    }
  } finally {
    await dockerd.cleanup();
  }
}
if (only.has('resident')) {
  const idle = { environments: 1000, ms: Number(values['idle-seconds']) * 1000 };
  tell(await resident({ sizes: values.sizes.split(',').map(Number), idle }));
}
