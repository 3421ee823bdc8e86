import type { Result } from '../model/failure.ts';
import type { Inside, SeenUse, Session } from '../model/idle.ts';
import type { Clock, ExecOptions, ExecSession } from '../model/ports.ts';
import { jupyterProbe, readJupyter } from './jupyter.ts';

export interface InsideOptions {
  readonly sessions: (containerId: string) => Promise<Result<readonly Session[]>>;
  readonly exec: (containerId: string, options: ExecOptions) => Promise<Result<ExecSession>>;
  /** When somebody last typed at the terminal of this process; null: cannot be told. */
  readonly lastInputAt: (pid: number) => number | null;
  readonly clock: Clock;
}

/** A command in a container that takes longer is given up. */
const deadlineMs = 10_000;
/** More of its output is not kept. */
const maxOutput = 65_536;
export const noteName = 'MLENV-IDLE.txt';

export const createInside = (options: InsideOptions): Inside => {
  const { sessions, lastInputAt, clock } = options;
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
      const said = await output(options, containerId, jupyterProbe);
      const at = said === null ? null : readJupyter(said, clock.now());
      return at === null ? seen : [...seen, { by: 'jupyter', at }];
    },
    leaveNote: async (containerId, folder, text) => {
      const path = `${folder}/${noteName}`;
      const script = text === null ? 'rm -f "$1"' : 'printf %s "$2" > "$1"';
      await output(options, containerId, ['sh', '-c', script, 'mlenv', path, text ?? '']);
    },
  };
};

/** What a command in the container wrote; null: it could not be run, failed or took too long. */
const output = async (
  { exec, clock }: InsideOptions,
  containerId: string,
  argv: readonly string[],
): Promise<string | null> => {
  const plain = { tty: false, stdin: false, env: {}, columns: null, rows: null };
  const opened = await exec(containerId, { argv, ...plain });
  if (!opened.ok) return null;
  const session = opened.value;
  const cancel = clock.setTimer(deadlineMs, () => session.close());
  try {
    let text = '';
    const decoder = new TextDecoder();
    for await (const { stream, data } of session.output) {
      if (stream === 'stdout' && text.length < maxOutput)
        text += decoder.decode(data, { stream: true });
    }
    const code = await session.exitCode();
    return code.ok && code.value === 0 ? text : null;
  } finally {
    cancel();
    session.close();
  }
};
