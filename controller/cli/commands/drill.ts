import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { ApiError } from '../../model/api.ts';
import { renderTable } from '../../report/table.ts';
import { oneLine } from '../../report/text.ts';
import { note, say, sayJson, type Context } from '../context.ts';
import { checks, type DrillWorld } from '../drill/checks.ts';
import { drillImage } from '../drill/image.ts';
import { createDrillProject, Finding, Interrupted } from '../drill/project.ts';
import type { DrillTools } from '../drill/tools.ts';
import { exitCode } from '../exit-codes.ts';
import type { Connection } from '../ports.ts';
import { painter, type Colour } from '../style.ts';

export interface DrillOptions {
  readonly image?: string;
  readonly in?: string;
  readonly output: 'text' | 'json';
}

interface Row {
  readonly check: string;
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly seconds: number;
  readonly message: string;
}

/** null: closed, and the next one did not open. */
interface Closing {
  connection: Connection | null;
}

/** As a shell has it for a command that SIGINT ended. */
const interrupted = 130;

export const run = async (context: Context, options: DrillOptions): Promise<number> => {
  const { ports, host, config } = context;
  const tools = await ports.drill({ host, config });
  try {
    const image = await drillImage(options.image, tools);
    const closing: Closing = { connection: await connect(context) };
    try {
      return await drill(context, { options, tools, image, closing });
    } finally {
      await closing.connection?.close();
    }
  } finally {
    tools.close();
  }
};

const connect = async ({ ports, host, config }: Context): Promise<Connection> =>
  ports.connect({ write: true, host, config });

const drill = async (
  context: Context,
  what: {
    readonly options: DrillOptions;
    readonly tools: DrillTools;
    readonly image: { readonly reference: string; readonly isHere: boolean };
    readonly closing: Closing;
  },
): Promise<number> => {
  const { io } = context;
  const { options, tools, image, closing } = what;
  const connection = closing.connection ?? (await connect(context));
  const { notices } = await connection.api.status({ kind: 'all' });
  const held = notices.find(({ reason }) => reason === 'Observing' || reason === 'Frozen');
  if (held !== undefined) throw new ApiError('refused', held.message);

  const project = await createDrillProject({
    parent: options.in === undefined ? (io.env['HOME'] ?? homedir()) : resolve(io.cwd, options.in),
    image: image.reference,
    isHere: image.isHere,
    by: io.user,
    clock: io.clock,
    signal: io.signal,
  });
  const world: DrillWorld = {
    project,
    tools,
    signal: io.signal,
    clock: io.clock,
    connection,
    reconnect: async () => {
      const before = closing.connection;
      closing.connection = null;
      await before?.close();
      closing.connection = await connect(context);
      world.connection = closing.connection;
    },
  };
  note(context, `A drill with ${image.reference}, in ${project.folder}; it cleans up at its end.`);
  const rows: Row[] = [];
  let stopped = false;
  try {
    for (const check of checks) {
      // Without a project there is nothing to look at.
      const [first] = rows;
      if (stopped || first?.result === 'failed') {
        const message = stopped ? 'interrupted' : 'not tried, as no project came up';
        rows.push({ check: check.name, result: 'skipped', seconds: 0, message });
        continue;
      }
      note(context, `  ${check.name} …`);
      const row = await rowOf(context, check.name, () => check.run(world));
      rows.push(
        row ?? { check: check.name, result: 'skipped', seconds: 0, message: 'interrupted' },
      );
      stopped = io.signal.aborted;
    }
  } finally {
    if (io.signal.aborted) {
      note(
        context,
        '  Interrupted: it cleans up. A second time ends it at once and leaves the rest.',
      );
    }
    const cleaned = await rowOf(context, 'cleans up', async () => {
      if (closing.connection === null) await world.reconnect();
      return cleanUp(world);
    });
    if (cleaned !== null) rows.push(cleaned);
  }
  print(context, options.output, rows);
  if (io.signal.aborted) return interrupted;
  return rows.some(({ result }) => result === 'failed') ? exitCode.failed : exitCode.done;
};

/** Whatever happened before: what can be taken away is, and what stays is named. */
const cleanUp = async (world: DrillWorld): Promise<string> => {
  const { project, tools, connection } = world;
  const [item] = await project.items(connection.api).catch(() => []);
  // Whoever interrupts wants it to end, and to have nothing left behind.
  await project.remove(connection.api, new AbortController().signal);
  if (item === undefined || typeof tools.engine === 'string') {
    return 'its containers, network, volumes and folder are gone';
  }
  const left = await tools.engine.leftovers(item.projectId);
  if (left.length > 0) throw new Finding('failed', `still there: ${left.join(', ')}`);
  return 'its containers, network, volumes and folder are gone, as the engine says';
};

/** null: interrupted. */
const rowOf = async (
  { io }: Context,
  check: string,
  work: () => Promise<string>,
): Promise<Row | null> => {
  const from = io.clock.now();
  const row = (result: Row['result'], message: string): Row => ({
    check,
    result,
    seconds: (io.clock.now() - from) / 1000,
    message: oneLine(message),
  });
  try {
    return row('ok', await work());
  } catch (thrown) {
    if (thrown instanceof Interrupted) return null;
    if (thrown instanceof Finding) return row(thrown.result, thrown.message);
    return row('failed', thrown instanceof Error ? thrown.message : String(thrown));
  }
};

const print = (context: Context, output: DrillOptions['output'], rows: readonly Row[]): void => {
  if (output === 'json') return sayJson(context, { apiVersion: 'mlenv/v1', checks: rows });
  const paint = painter(context.io.env, context.io.stdout);
  const table = renderTable(
    ['CHECK', 'RESULT', 'SECONDS', 'SEEN'],
    rows.map(({ check, result, seconds, message }) => [
      check,
      paint(colours[result], result === 'failed' ? 'FAILED' : result),
      seconds.toFixed(1),
      message,
    ]),
  );
  say(context, table.trimEnd());
};

const colours = { ok: 'green', failed: 'red', skipped: 'yellow' } as const satisfies Record<
  Row['result'],
  Colour
>;
