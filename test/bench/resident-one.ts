import { setTimeout as sleep } from 'node:timers/promises';
import { type Cost, cost, memoryInstance, settled, writeProjects } from './memory-instance.ts';

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
  const instance = memoryInstance();
  const { engine, troubles } = instance;
  writeProjects({ folder: instance.roots, environments, perProject });
  const controller = instance.begin();
  const { core } = controller;
  try {
    const bringUp = await cost(async () => {
      await controller.start();
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
    await controller.end();
    instance.remove();
  }
};

const [environments = '100', idleMs = '0'] = process.argv.slice(2);
console.log(JSON.stringify(await measure(Number(environments), Number(idleMs))));
