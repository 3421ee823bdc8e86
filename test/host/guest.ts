import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface GuestOptions {
  /** Where its socket and the log of its console go. */
  readonly folder: string;
  readonly kernel: string;
  readonly initrd: string;
  /** The disk that it may write, a qcow2. */
  readonly disk: string;
  /** The second disk, there from the start; null: none, or plugged in later. */
  readonly payload: string | null;
  /** The memory of a machine that was kept; null: it boots. */
  readonly memory: string | null;
  readonly accelerator: 'kvm' | 'tcg';
  readonly megabytes: number;
  readonly cores: number;
  readonly onLine: (line: string) => void;
}

/** One machine: a qemu process, its serial line, and its monitor. */
export class Guest {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #options: GuestOptions;
  /** Settles when qemu has ended, however. */
  readonly ended: Promise<void>;
  #monitor: Monitor | null = null;
  #errors = '';
  isRunning = true;

  constructor(options: GuestOptions) {
    this.#options = options;
    rmSync(this.#socket, { force: true });
    this.#process = spawn('qemu-system-x86_64', argumentsOf(options, this.#socket), {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    eachLine(this.#process.stdout, options.onLine);
    this.#process.stderr.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    // However this process ends, qemu ends with it.
    const kill = (): boolean => this.#process.kill('SIGKILL');
    process.on('exit', kill);
    this.#process.on('close', () => process.off('exit', kill));
    this.#process.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#process.on('error', (error) => {
        this.#errors += error.message;
        this.isRunning = false;
        resolve();
      });
      this.#process.on('close', () => {
        this.isRunning = false;
        resolve();
      });
    });
  }

  /** Types a line on the serial line. */
  type(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** What qemu itself complained of. */
  get errors(): string {
    return this.#errors.trim();
  }

  /** A machine whose memory was kept stands still at first: on with it. */
  async resume(): Promise<void> {
    const monitor = await this.#connected();
    for (;;) {
      const { status } = await monitor.ask('query-status');
      if (status !== 'inmigrate') break;
      await sleep(100);
    }
    await monitor.ask('cont');
  }

  async plug(disk: string): Promise<void> {
    const monitor = await this.#connected();
    await monitor.ask('blockdev-add', {
      'node-name': 'payload',
      driver: 'raw',
      'read-only': true,
      file: { driver: 'file', filename: disk },
    });
    await monitor.ask('device_add', { driver: 'virtio-blk-pci', id: 'payload', drive: 'payload' });
  }

  /** Keeps its memory in a file, and ends it: its disk is then as that memory knows it. */
  async keep(file: string): Promise<void> {
    const monitor = await this.#connected();
    await monitor.ask('stop');
    await monitor.ask('migrate-set-parameters', { 'max-bandwidth': 10 ** 11 });
    await monitor.ask('migrate', { uri: `exec:cat >${file}` });
    for (;;) {
      const { status } = await monitor.ask('query-migrate');
      if (status === 'completed') break;
      if (status === 'failed' || status === 'cancelled') throw new Error('its memory was not kept');
      await sleep(200);
    }
    await monitor.ask('quit').catch(() => undefined);
    await this.ended;
  }

  /** The power goes. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  get #socket(): string {
    return join(this.#options.folder, 'qmp');
  }

  async #connected(): Promise<Monitor> {
    for (let tries = 0; this.#monitor === null; tries += 1) {
      if (!this.isRunning || tries > 300) throw new Error(`qemu is not there: ${this.errors}`);
      if (existsSync(this.#socket)) {
        this.#monitor = await Monitor.at(this.#socket).catch(() => null);
      }
      if (this.#monitor === null) await sleep(100);
    }
    return this.#monitor;
  }
}

const argumentsOf = (options: GuestOptions, socket: string): readonly string[] => {
  const values: (readonly [string, string])[] = [
    ['display', 'none'],
    ['nic', 'none'],
    ['machine', 'pc'],
    ['accel', options.accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi'],
    ['cpu', options.accelerator === 'kvm' ? 'host' : 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt'],
    ['m', `${options.megabytes}`],
    ['smp', `${options.cores}`],
    ['rtc', 'base=utc'],
    ['kernel', options.kernel],
    ['initrd', options.initrd],
    ['append', commandLine],
    // Never a flush to the bench's own disk: what the guest flushed outlives the death of qemu all the same.
    ['drive', `file=${options.disk},if=virtio,format=qcow2,cache=unsafe,discard=unmap`],
    ['object', 'rng-random,id=rng,filename=/dev/urandom'],
    ['device', 'virtio-rng-pci,rng=rng'],
    ['serial', `file:${join(options.folder, 'console')}`],
    ['serial', 'stdio'],
    ['qmp', `unix:${socket},server=on,wait=off`],
  ];
  const { payload, memory } = options;
  if (payload !== null) {
    values.push(['drive', `file=${payload},if=virtio,format=raw,readonly=on`]);
  }
  if (memory !== null) values.push(['incoming', `exec:cat <${memory}`]);
  return [
    '-nodefaults',
    '-no-user-config',
    ...values.flatMap(([name, value]) => [`-${name}`, value]),
  ];
};

const commandLine =
  'root=/dev/vda rw console=ttyS0 quiet loglevel=4 systemd.show_status=0 mitigations=off audit=0 tsc=unstable';

/** Calls back with each whole line; the end of a stream, however it comes, is no line. */
const eachLine = (stream: Readable, onLine: (line: string) => void): void => {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
};

/** The words of qemu's monitor: one question at a time, events left out. */
class Monitor {
  readonly #socket: Socket;
  #waiting: ((answer: Answer) => void) | null = null;

  static async at(path: string): Promise<Monitor> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    const monitor = new Monitor(socket);
    await monitor.ask('qmp_capabilities');
    return monitor;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => this.#answer({ error: { desc: 'qemu ended' } }));
    eachLine(socket, (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.return !== undefined || answer.error !== undefined) this.#answer(answer);
    });
  }

  async ask(execute: string, args: object = {}): Promise<Record<string, unknown>> {
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting = resolve;
      this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
    if (answer.error !== undefined) throw new Error(`qemu: ${execute}: ${answer.error.desc}`);
    return answer.return ?? {};
  }

  #answer(answer: Answer): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }
}

interface Answer {
  readonly return?: Record<string, unknown>;
  readonly error?: { readonly desc: string };
}
