import type { Result } from '../../controller/model/failure.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { ExecOptions, ExecSession, LogChunk } from '../../controller/model/ports.ts';
import { isUp } from './memory-engine-process.ts';
import { behaviourOf } from './memory-engine-shell.ts';
import type { MemoryContainer, World } from './memory-engine-world.ts';

/** Says at once what the command would say, and ends when its time has passed on the clock. */
export function startMemoryExec(
  world: World,
  container: MemoryContainer,
  options: ExecOptions,
): Result<ExecSession> {
  if (!isUp(container)) {
    return failed('conflict', `Container ${container.id} is not running`, 409);
  }
  const does = behaviourOf(options.argv);
  const lines =
    does.kind === 'missing'
      ? [
          {
            stream: 'stdout' as const,
            text: `OCI runtime exec failed: exec: "${does.program}": executable file not found in $PATH\r\n`,
          },
        ]
      : does.output;
  let close = (): void => {};
  const closed = new Promise<'closed'>((resolve) => {
    close = () => resolve('closed');
  });
  const ended = exitOf(world, does);
  const over = Promise.race([ended, closed]);
  return ok({
    output: (async function* (): AsyncGenerator<LogChunk> {
      for (const { stream, text } of lines) {
        yield { stream: options.tty ? 'stdout' : stream, data: new TextEncoder().encode(text) };
      }
      await over;
    })(),
    write: () => undefined,
    endInput: () => undefined,
    resize: () => Promise.resolve(),
    exitCode: async () => {
      const code = await over;
      return code === 'closed'
        ? failed('unknown', 'The command still runs, but the connection to it was lost')
        : ok(code);
    },
    close,
  });
}

function exitOf(world: World, does: ReturnType<typeof behaviourOf>): Promise<number> {
  if (does.kind === 'missing') return Promise.resolve(126);
  const exit = does.exit;
  // Waits for ever, as the command does.
  if (exit === null) return new Promise(() => {});
  if (exit.afterMs === 0) return Promise.resolve(exit.code);
  return new Promise((resolve) => {
    world.clock.setTimer(exit.afterMs, () => resolve(exit.code));
  });
}
