import type { Result } from '../model/failure.ts';
import type { Inside, SeenUse, Session } from '../model/idle.ts';
import type { Clock, EngineWriter } from '../model/ports.ts';
import { jupyterProbe, readJupyter } from './jupyter.ts';
import { runCommand, type CommandEnd } from './run-command.ts';

export interface InsideOptions {
  readonly sessions: (containerId: string) => Promise<Result<readonly Session[]>>;
  readonly exec: EngineWriter['exec'];
  /** When somebody last typed at the terminal of this process; null: cannot be told. */
  readonly lastInputAt: (pid: number) => number | null;
  readonly clock: Clock;
}

/** A command in a container that takes longer is not waited for. */
const timeoutMs = 10_000;
const never = new AbortController().signal;
export const noteName = 'MLENV-IDLE.txt';

export const createInside = (options: InsideOptions): Inside => {
  const { sessions, lastInputAt, clock } = options;
  const run = (containerId: string, argv: readonly string[]): Promise<CommandEnd> =>
    runCommand(options, { containerId, argv, timeoutMs }, never);
  const terminals = async (containerId: string): Promise<readonly SeenUse[]> => {
    const told = await sessions(containerId);
    if (!told.ok) return [];
    return told.value
      .filter(({ interactive }) => interactive)
      .map(({ tty, pid }) => ({
        by: 'session' as const,
        at: (tty && pid !== null ? lastInputAt(pid) : null) ?? clock.now(),
      }));
  };
  return {
    look: async (containerId) => {
      // First, as the second look is a command in the container itself.
      const seen = await terminals(containerId);
      const said = await run(containerId, jupyterProbe);
      const at =
        said.kind === 'ended' && said.exitCode === 0 ? readJupyter(said.output, clock.now()) : null;
      return at === null ? seen : [...seen, { by: 'jupyter', at }];
    },
    leaveNote: async (containerId, folder, text) => {
      const path = `${folder}/${noteName}`;
      const script = text === null ? 'rm -f "$1"' : 'printf %s "$2" > "$1"';
      await run(containerId, ['sh', '-c', script, 'mlenv', path, text ?? '']);
    },
  };
};
