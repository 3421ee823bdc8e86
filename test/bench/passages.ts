import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import type { BenchProject } from './project.ts';
import type { Passage } from './record-calls.ts';

/** What goes by between a resident controller and its engine. */
export function passages(): {
  readonly note: (passage: Passage) => void;
  /** The first to come from now on that matches. */
  readonly next: (matches: (passage: Passage) => boolean, limitMs: number) => Promise<Passage>;
} {
  const waiting = new Set<(passage: Passage) => void>();
  return {
    note: (passage) => {
      for (const look of waiting) look(passage);
    },
    next: (matches, limitMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`nothing came within ${limitMs / 1000} s`));
        }, limitMs);
        const look = (passage: Passage): void => {
          if (!matches(passage)) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(passage);
        };
        waiting.add(look);
      }),
  };
}

export const isCreate = ({ path }: Passage): boolean => /\/containers\/create/.test(path);

export const isStart = ({ kind, method, path }: Passage): boolean =>
  kind === 'request' && method === 'POST' && /\/containers\/[^/]+\/start/.test(path);

export function startController(project: BenchProject, log: string) {
  const { argv, cwd, env } = project.mlenv(['controller', '--watch', project.folder]);
  const [program = '', ...rest] = argv;
  const out = openSync(log, 'a');
  return spawn(program, rest, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', out, out],
  });
}
