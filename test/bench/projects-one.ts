import { setTimeout as sleep } from 'node:timers/promises';
import { perFolderMs } from '../../controller/watch/rescan.ts';
import { type Cost, cost, memoryInstance, settled, writeProjects } from './memory-instance.ts';

export interface ProjectsFigures {
  readonly projects: number;
  /** From nothing to all running. */
  readonly bringUp: Cost;
  /** A controller that begins where another ended: until the first project's files were read and planned, and the last one's. */
  readonly firstPlanMs: number;
  readonly allPlannedMs: number;
  readonly idle: Cost;
  /** Between two rescans, and how many files there are that a spec may be read from. */
  readonly lstatsOfARescan: number;
}

/** The next rescan comes so long after the last one. */
const rescanMs = (projects: number): number => Math.max(15_000, projects * perFolderMs);

const measure = async (projects: number, idleMs: number): Promise<ProjectsFigures> => {
  const instance = memoryInstance();
  const { engine, troubles } = instance;
  writeProjects({ folder: instance.roots, environments: projects, perProject: 1 });
  try {
    const first = instance.begin();
    const bringUp = await cost(async () => {
      await first.start();
      await settled(first.core, engine, projects);
    });
    await first.end();

    const planned = new Set<string>();
    let [firstPlanMs, allPlannedMs] = [Number.NaN, Number.NaN];
    const began = performance.now();
    const second = instance.begin({
      onPass: ({ controller, key }) => {
        if (controller !== 'project') return;
        if (planned.has(key)) return;
        planned.add(key);
        if (planned.size === 1) firstPlanMs = performance.now() - began;
        allPlannedMs = performance.now() - began;
      },
    });
    await second.start();
    await settled(second.core, engine, projects);
    const everyMs = rescanMs(projects);
    const [lstats, rescans] = [second.lstats(), Math.max(1, Math.round(idleMs / everyMs))];
    const idle = await cost(() => sleep(rescans * everyMs));
    const lstatsOfARescan = (second.lstats() - lstats) / rescans;
    await second.end();
    if (troubles.length > 0) throw new Error(troubles.slice(0, 3).join('\n'));
    return { projects, bringUp, firstPlanMs, allPlannedMs, idle, lstatsOfARescan };
  } finally {
    instance.remove();
  }
};

const [projects = '100', idleMs = '30000'] = process.argv.slice(2);
console.log(JSON.stringify(await measure(Number(projects), Number(idleMs))));
