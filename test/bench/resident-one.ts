import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openState } from '../../controller/instance/state.ts';
import { triggers } from '../../controller/instance/watching.ts';
import { systemClock } from '../../controller/loop/clock.ts';
import { systemRandom } from '../../controller/loop/random.ts';
import { quietConfig, quietHost } from '../support/quiet-host.ts';
import { createCore, type Core } from '../../controller/reconcile/core.ts';
import { readStamp } from '../../controller/watch/file-stamp.ts';
import { nodeSpecFiles } from '../../specs/files.ts';
import { createSpecReader } from '../../specs/reader.ts';
import { createMemoryEngine, type MemoryEngine } from '../support/memory-engine.ts';

export interface Cost {
  readonly wallMs: number;
  /** User and system time of the whole process. */
  readonly cpuMs: number;
}

export interface ResidentFigures {
  readonly environments: number;
  readonly bringUp: Cost;
  /** Each a resync with nothing to do, with the looks that it asked for. */
  readonly resyncs: readonly Cost[];
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** null: no stretch was asked for. */
  readonly idle: Cost | null;
}

/** The default quota lets a project have so many. */
const perProject = 5;

/** A process of its own for each size, so that no size inherits the heap of another. */
const measure = async (environments: number, idleMs: number): Promise<ResidentFigures> => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-bench-')));
  const state = openState(join(base, 'state'), Date.now());
  const clock = systemClock();
  const engine = createMemoryEngine({ clock });
  engine.addImage('app:1');
  const troubles: string[] = [];
  const core = createCore({
    store: state.store,
    reader: engine.reader,
    writer: engine.writer,
    specs: createSpecReader({ files: nodeSpecFiles(), hmacKey: state.digestKey }),
    hostPorts: { free: async (ports) => ports.map(() => true) },
    clock,
    random: systemRandom(),
    // Room for as many projects as there are, in networks that only exist in memory.
    ...quietHost(quietConfig({ subnets: { base: '10.0.0.0/8', prefix: 26 } })),
    instance: state.instance,
    loginName: () => null,
    onPass: ({ panic }) => {
      if (panic !== undefined) {
        troubles.push(panic instanceof Error ? (panic.stack ?? panic.message) : 'a pass threw');
      }
    },
  });
  const roots = writeProjects(join(base, 'projects'), environments);
  const running = triggers({
    core,
    roots: () => [roots],
    lstat: readStamp,
    onTrouble: (message) => troubles.push(message),
  });
  try {
    const bringUp = await cost(async () => {
      await core.begin(state.origin);
      for (const each of running) await each.start((error) => troubles.push(String(error)));
      await settled(core, engine, environments);
    });
    const resyncs: Cost[] = [];
    for (let round = 0; round < 10; round += 1) {
      resyncs.push(
        await cost(async () => {
          await core.resync();
          await core.idle();
        }),
      );
    }
    globalThis.gc?.();
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    const idle = idleMs === 0 ? null : await cost(() => sleep(idleMs));
    if (troubles.length > 0) throw new Error(troubles.slice(0, 3).join('\n'));
    return { environments, bringUp, resyncs, rssBytes, heapBytes, idle };
  } finally {
    for (const each of [...running].reverse()) await each.stop();
    await core.stop();
    state.close();
    rmSync(base, { recursive: true, force: true });
  }
};

const cost = async (run: () => Promise<unknown>): Promise<Cost> => {
  const [began, cpuBefore] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallMs: performance.now() - began, cpuMs: (user + system) / 1000 };
};

/** Quiet is not enough: every container must run, or the figures would be of something else. */
const settled = async (core: Core, engine: MemoryEngine, environments: number): Promise<void> => {
  for (;;) {
    await core.idle();
    const running = engine.containers.filter(({ state }) => state === 'running').length;
    if (running === environments) return;
    await sleep(50);
  }
};

const writeProjects = (folder: string, environments: number): string => {
  for (let project = 0; project * perProject < environments; project += 1) {
    const place = join(folder, `p${project}`);
    mkdirSync(place, { recursive: true });
    const size = Math.min(perProject, environments - project * perProject);
    const names = Array.from({ length: size }, (_, at) => [`e${at}`, environment(at)] as const);
    writeFileSync(
      join(place, 'mlenv.yaml'),
      // JSON is YAML.
      JSON.stringify({ apiVersion: 'mlenv/v1', environments: Object.fromEntries(names) }),
    );
  }
  return folder;
};

/** One in five has a port and one depends on another, as in a project with a service or two. */
const environment = (at: number): object => ({
  image: 'app:1',
  command: ['sleep', 'infinity'],
  env: { MODE: 'train', WORKERS: '4' },
  cpus: 1,
  memory: '1Gi',
  ...(at === 0 ? { ports: ['auto:8080'] } : {}),
  ...(at === 1 ? { dependsOn: ['e0'] } : {}),
});

const [environments = '100', idleMs = '0'] = process.argv.slice(2);
console.log(JSON.stringify(await measure(Number(environments), Number(idleMs))));
