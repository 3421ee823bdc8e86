import { fileURLToPath } from 'node:url';
import { run } from './command.ts';
import { ms } from './figures.ts';
import type { ProjectsFigures } from './projects-one.ts';
import { pull } from './pull.ts';
import type { RemotesFigures } from './remotes-one.ts';
import type { Section } from './report.ts';

/** What following git and many folders costs. */
export async function gitops(options: {
  readonly socket: string;
  readonly image: string;
  readonly samples: number;
  readonly projects: number;
  readonly idleMs: number;
  readonly remotes: number;
}): Promise<Section> {
  const pulled = await pull(options);
  const many = await one<ProjectsFigures>('projects-one.js', options.projects, options.idleMs);
  const remotes = await one<RemotesFigures>('remotes-one.js', options.remotes, 3);
  const files = many.projects * filesOfAProject;
  return {
    id: 'gitops',
    title: `A pull (${options.samples} samples), ${many.projects} projects in watched folders, ${remotes.remotes} remotes`,
    figures: [
      pulled,
      {
        name: 'start with all running → first plan',
        values: [many.firstPlanMs],
        text: ms,
        goal: '2 s',
        note: `all ${many.projects} planned after ${ms(many.allPlannedMs)}`,
      },
      {
        name: 'idle, CPU',
        values: [(many.idle.cpuMs / many.idle.wallMs) * 100],
        text: (value) => `${value.toFixed(2)} %`,
        goal: '1 %',
        note: `of one core over ${ms(many.idle.wallMs)}, resyncs and rescans included`,
      },
      {
        name: 'lstat calls of a rescan',
        values: [many.lstatsOfARescan],
        text: (value) => value.toFixed(0),
        floor: { name: 'one a file', values: [files] },
        goal: '1 ×',
      },
      {
        name: 'git processes at once, all remotes asked together',
        values: [remotes.mostStarted],
        text: (value) => value.toFixed(0),
        goal: '8',
        note: `${remotes.mostProcesses} with what git itself starts`,
      },
      {
        name: 'all remotes asked, nothing new',
        values: remotes.polls.map(({ wallMs }) => wallMs),
        text: ms,
        note: `${ms(remotes.polls.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / remotes.polls.length)} of CPU in MLEnv itself`,
      },
    ],
  };
}

/** mlenv.yaml, .env, and .git, as these are no checkouts. */
const filesOfAProject = 3;

const one = async <Figures>(name: string, ...args: readonly number[]): Promise<Figures> => {
  const program = fileURLToPath(new URL(name, import.meta.url));
  return JSON.parse(
    await run({ argv: [process.execPath, program, ...args.map(String)], cwd: '.' }),
  ) as Figures;
};
