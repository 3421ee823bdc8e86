import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openState } from '../../controller/instance/state.ts';
import { triggers } from '../../controller/instance/watching.ts';
import { systemClock } from '../../controller/loop/clock.ts';
import type { Runnable } from '../../controller/loop/manager.ts';
import { systemRandom } from '../../controller/loop/random.ts';
import { createCore, type Core } from '../../controller/reconcile/core.ts';
import type { CoreOptions } from '../../controller/reconcile/core-options.ts';
import { readStamp } from '../../controller/watch/file-stamp.ts';
import { nodeSpecFiles } from '../../specs/files.ts';
import { createSpecReader } from '../../specs/reader.ts';
import { createMemoryEngine, type MemoryEngine } from '../support/memory-engine.ts';
import { quietConfig, quietHost } from '../support/quiet-host.ts';

export interface Cost {
  readonly wallMs: number;
  /** User and system time of the whole process. */
  readonly cpuMs: number;
}

/** A whole instance but for Docker, which is in memory; its state and its projects are in a folder of its own. */
export interface MemoryInstance {
  readonly base: string;
  readonly roots: string;
  readonly engine: MemoryEngine;
  readonly troubles: string[];
  /** One controller's life; after its `end` another may begin on what it left. */
  begin(options?: Partial<CoreOptions>): MemoryController;
  remove(): void;
}

export interface MemoryController {
  readonly core: Core;
  readonly lstats: () => number;
  /** Resolves when every trigger stands. */
  start(): Promise<void>;
  end(): Promise<void>;
}

export const memoryInstance = (): MemoryInstance => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-bench-')));
  const roots = join(base, 'projects');
  mkdirSync(roots);
  const clock = systemClock();
  const engine = createMemoryEngine({ clock });
  engine.addImage('app:1');
  const troubles: string[] = [];
  return {
    base,
    roots,
    engine,
    troubles,
    begin: (options = {}) => {
      const state = openState(join(base, 'state'), Date.now());
      let lstats = 0;
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
        loginName: () => 'ada',
        ...options,
        onPass: (report) => {
          const { panic } = report;
          if (panic !== undefined) {
            troubles.push(panic instanceof Error ? (panic.stack ?? panic.message) : 'a pass threw');
          }
          options.onPass?.(report);
        },
      });
      const running: readonly Runnable[] = triggers({
        core,
        roots: () => [roots],
        lstat: (path) => {
          lstats += 1;
          return readStamp(path);
        },
        onTrouble: (message) => troubles.push(message),
      });
      return {
        core,
        lstats: () => lstats,
        start: async () => {
          await core.begin(state.origin);
          for (const each of running) await each.start((error) => troubles.push(String(error)));
        },
        end: async () => {
          for (const each of [...running].reverse()) await each.stop();
          await core.stop();
          state.close();
        },
      };
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
};

export const cost = async (run: () => Promise<unknown>): Promise<Cost> => {
  const [began, cpuBefore] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallMs: performance.now() - began, cpuMs: (user + system) / 1000 };
};

/** Quiet is not enough: every container must run, or the figures would be of something else. */
export const settled = async (
  core: Core,
  engine: MemoryEngine,
  environments: number,
): Promise<void> => {
  for (;;) {
    await core.idle();
    const running = engine.containers.filter(({ state }) => state === 'running').length;
    if (running === environments) return;
    await sleep(50);
  }
};

export const writeProjects = (options: {
  readonly folder: string;
  readonly environments: number;
  readonly perProject: number;
}): void => {
  const { folder, environments, perProject } = options;
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
