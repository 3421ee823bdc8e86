import { spawn } from 'node:child_process';
import { timed } from './figures.ts';

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end, and throws what it said where it fails. Gives back what it printed. */
export function run({ argv, cwd, env = {} }: Command): Promise<string> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let faults = '';
    child.stdout.on('data', (part: Buffer) => (said += part.toString()));
    child.stderr.on('data', (part: Buffer) => (faults += part.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${argv.join(' ')} ended with ${code}\n${said}\n${faults}`));
    });
  });
}

export const timedRun = (command: Command): Promise<number> =>
  timed(async () => {
    await run(command);
  });
