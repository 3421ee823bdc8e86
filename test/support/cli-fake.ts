import { runCli } from '../../controller/cli/program.ts';
import type { CliInput, CliIo, CliOutput } from '../../controller/cli/io.ts';
import type { DrillTools } from '../../controller/cli/drill/tools.ts';
import type {
  CliPorts,
  Connection,
  ConnectOptions,
  ControllerOptions,
  DoctorCheck,
} from '../../controller/cli/ports.ts';
import type { RecordCare } from '../../controller/model/record-care.ts';
import type { RegistryLogins } from '../../controller/model/registry.ts';
import type { Machine } from '../../controller/setup/machine.ts';
import type { Clock } from '../../controller/model/ports.ts';
import { fakeApi } from './api-fake.ts';
import type { FakeWorld } from './api-fake.ts';

/** A terminal, a clock and an instance, all in memory. */
export interface FakeCli {
  readonly world: FakeWorld;
  mode: Connection['mode'];
  tty: boolean;
  /** What is typed or piped in; each piece is read once. */
  input: string[];
  /** The input stays open after its pieces. */
  inputStaysOpen: boolean;
  env: Record<string, string>;
  cwd: string;
  size: { columns: number; rows: number };
  connectFault: Error | null;
  checks: DoctorCheck[];
  /** null: no command asks for it. */
  record: RecordCare | null;
  /** null: no command asks for them. */
  logins: RegistryLogins | null;
  /** null: no command asks for it. */
  drill: DrillTools | null;
  /** null: no command asks for it. */
  machine: Machine | null;
  uid: number;
  readonly stop: AbortController;
  readonly connections: ConnectOptions[];
  readonly controllers: ControllerOptions[];
  open: number;
  readonly rawModes: boolean[];
  /** Runs after each timer has fired, with its number from 1. */
  onTick: (tick: number) => void;
  resize: () => void;
}

export const fakeCli = (world: FakeWorld, changes: Partial<FakeCli> = {}): FakeCli => ({
  world,
  mode: 'controller',
  tty: false,
  input: [],
  inputStaysOpen: false,
  env: {},
  cwd: '/srv/vision',
  size: { columns: 100, rows: 30 },
  connectFault: null,
  checks: [],
  record: null,
  logins: null,
  machine: null,
  drill: null,
  uid: 1000,
  stop: new AbortController(),
  connections: [],
  controllers: [],
  open: 0,
  rawModes: [],
  onTick: () => undefined,
  resize: () => undefined,
  ...changes,
});

export interface Transcript {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const run = async (cli: FakeCli, ...argv: readonly string[]): Promise<Transcript> => {
  const written = { out: '', err: '' };
  const io: CliIo = {
    stdout: output(cli, (text) => (written.out += text)),
    stderr: output(cli, (text) => (written.err += text)),
    stdin: input(cli),
    env: cli.env,
    cwd: cli.cwd,
    user: 'ada',
    uid: cli.uid,
    hostName: 'gpu1',
    version: '0.1.0',
    schemaFile: '/opt/mlenv/schema/mlenv.schema.json',
    clock: jumpingClock(cli),
    signal: cli.stop.signal,
  };
  const code = await runCli(argv, io, ports(cli));
  return { code, ...written };
};

const ports = (cli: FakeCli): CliPorts => ({
  connect: async (options) => {
    cli.connections.push(options);
    if (cli.connectFault !== null) throw cli.connectFault;
    cli.open += 1;
    return {
      api: fakeApi(cli.world),
      mode: cli.mode,
      close: async () => {
        cli.open -= 1;
      },
    };
  },
  runController: async (options) => {
    cli.controllers.push(options);
    return 0;
  },
  record: async () => {
    if (cli.record === null) throw new Error('this test has no record');
    return cli.record;
  },
  logins: async () => {
    if (cli.logins === null) throw new Error('this test has no registries');
    return cli.logins;
  },
  machine: async () => {
    if (cli.machine === null) throw new Error('this test has no machine');
    return cli.machine;
  },
  drill: async () => {
    if (cli.drill === null) throw new Error('this test has no drill');
    return cli.drill;
  },
  doctor: async () => cli.checks,
});

const output = (cli: FakeCli, write: (text: string) => void): CliOutput => {
  const text = new TextDecoder();
  return {
    isTTY: cli.tty,
    write: (data) => write(typeof data === 'string' ? data : text.decode(data, { stream: true })),
    size: () => (cli.tty ? cli.size : null),
    onResize: (listener) => {
      cli.resize = listener;
      return () => {
        cli.resize = () => undefined;
      };
    },
  };
};

const input = (cli: FakeCli): CliInput => ({
  isTTY: cli.tty,
  setRawMode: (raw) => {
    cli.rawModes.push(raw);
  },
  read: async function* (signal) {
    for (let piece = cli.input.shift(); piece !== undefined; piece = cli.input.shift()) {
      if (signal.aborted) return;
      yield Buffer.from(piece);
    }
    if (!cli.inputStaysOpen || signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  },
});

/** Time jumps to the next timer as soon as nothing else is to be done. */
const jumpingClock = (cli: FakeCli): Clock => {
  let now = Date.parse('2025-01-01T00:01:00.000Z');
  let ticks = 0;
  return {
    now: () => now,
    setTimer: (ms, fire) => {
      const pending = setImmediate(() => {
        now += ms;
        ticks += 1;
        cli.onTick(ticks);
        fire();
      });
      return () => clearImmediate(pending);
    },
  };
};
