import type { CliIo } from './io.ts';
import type { CliPorts, Connection } from './ports.ts';

/** What every command is given. */
export interface Context {
  readonly io: CliIo;
  readonly ports: CliPorts;
  /** `--host`, or DOCKER_HOST; null: the engine's own default. */
  readonly host: string | null;
  /** `--config`, or MLENV_CONFIG, absolute; null: the usual place. */
  readonly config: string | null;
}

/** Closes the connection whatever happens: in this process it is what reconciles. */
export const withConnection = async <T>(
  { ports, host, config }: Context,
  access: 'read' | 'write',
  use: (connection: Connection) => Promise<T>,
): Promise<T> => {
  const connection = await ports.connect({ write: access === 'write', host, config });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
};

export const say = ({ io }: HasIo, text: string): void => io.stdout.write(`${text}\n`);

/** What is said to the person and does not belong to the result. */
export const note = ({ io }: HasIo, text: string): void => io.stderr.write(`${text}\n`);

export const sayJson = (context: HasIo, value: unknown): void =>
  say(context, JSON.stringify(value, null, 2));

type HasIo = Pick<Context, 'io'>;
