import { fileURLToPath } from 'node:url';
import { run } from './command.ts';
import { exponent, median, megabytes, ms } from './figures.ts';
import type { Figure, Section } from './report.ts';
import type { ResidentFigures } from './resident-one.ts';

/** One process after the other, each with a controller of its own. */
export async function resident(options: {
  readonly sizes: readonly number[];
  /** Watched doing nothing for so long, at the size whose idle time is asked for. */
  readonly idle: { readonly environments: number; readonly ms: number };
}): Promise<Section> {
  const { sizes, idle } = options;
  const all: ResidentFigures[] = [];
  for (const size of sizes) {
    all.push(await one(size, size === idle.environments ? idle.ms : 0));
  }
  const growth = (cost: (figures: ResidentFigures) => number): Figure => ({
    name: '',
    values: [exponent(all.map((figures) => ({ size: figures.environments, cost: cost(figures) })))],
    text: (value) => value.toFixed(2),
  });
  return {
    id: 'resident',
    title: 'A resident controller on the engine in memory, 5 environments a project',
    figures: [
      ...all.flatMap(figuresOf),
      ...(all.length < 2
        ? []
        : [
            { ...growth(({ bringUp }) => bringUp.cpuMs), name: 'exponent of bring-up, CPU' },
            { ...growth(resyncCpu), name: 'exponent of a resync, CPU' },
            { ...growth(({ heapBytes }) => heapBytes), name: 'exponent of the heap' },
          ]),
    ],
  };
}

const resyncCpu = ({ resyncs }: ResidentFigures): number => median(resyncs.map((r) => r.cpuMs));

const figuresOf = (figures: ResidentFigures): readonly Figure[] => {
  const { environments, bringUp, resyncs, rssBytes, heapBytes, idle } = figures;
  const name = (what: string): string => `${environments}: ${what}`;
  return [
    {
      name: name('bring-up, CPU'),
      values: [bringUp.cpuMs],
      text: ms,
      note: `${ms(bringUp.cpuMs / environments)} an environment; ${ms(bringUp.wallMs)} in all`,
    },
    {
      name: name('resync with nothing to do, CPU'),
      values: resyncs.map(({ cpuMs }) => cpuMs),
      text: ms,
      note: `${ms(median(resyncs.map(({ wallMs }) => wallMs)))} in all`,
    },
    {
      name: name('memory (RSS)'),
      values: [rssBytes],
      text: megabytes,
      note: `heap ${megabytes(heapBytes)}, the engine in memory included`,
    },
    ...(idle === null
      ? []
      : [
          {
            name: name('idle, CPU'),
            values: [(idle.cpuMs / idle.wallMs) * 100],
            text: (value: number) => `${value.toFixed(2)} %`,
            note: `of one core over ${ms(idle.wallMs)}, resyncs and rescans included`,
          },
        ]),
  ];
};

const one = async (environments: number, idleMs: number): Promise<ResidentFigures> => {
  const program = fileURLToPath(new URL('resident-one.js', import.meta.url));
  const argv = [process.execPath, '--expose-gc', program, String(environments), String(idleMs)];
  return JSON.parse(await run({ argv, cwd: '.' })) as ResidentFigures;
};
