import { createHmac } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Result } from '../../controller/model/failure.ts';
import type { Delivery, NoticeTarget } from '../../controller/model/notice.ts';
import { createNotifier } from '../../controller/notify/notifier.ts';
import { startReceiver, type Answer, type Receiver } from './receiver.ts';

let folder = '';
const opened: Receiver[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlenv-notify-'));
});

afterEach(async () => {
  rmSync(folder, { recursive: true });
  for (const receiver of opened.splice(0)) await receiver.close();
});

const listen = async (...answers: readonly Answer[]): Promise<Receiver> => {
  const receiver = await startReceiver(...answers);
  opened.push(receiver);
  return receiver;
};

const send = (
  target: NoticeTarget,
  more: {
    readonly delivery?: Partial<Delivery>;
    readonly timeoutMs?: number;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Result<null>> =>
  createNotifier({
    env: { PATH: process.env['PATH'], TOKEN: 'of this process' },
    timeoutMs: more.timeoutMs ?? 5000,
  }).send(
    {
      target,
      secretFile: null,
      contentType: 'application/json',
      body: '{"text":"vision/web fails"}',
      facts: { ID: 'mlenv-7', REASON: 'Failed', MESSAGE: 'a\0b' },
      ...more.delivery,
    },
    more.signal ?? new AbortController().signal,
  );

const write = (name: string, text: string, mode: number): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

const why = (result: Result<null>): string => (result.ok ? 'it was sent' : result.failure.message);

describe('a webhook', () => {
  test('is sent the body, with an id that is the same in every try', async () => {
    const { url, heard } = await listen({ kind: 'status', status: 204 });
    expect(await send({ kind: 'webhook', url })).toEqual({ ok: true, value: null });
    expect(heard).toMatchObject([
      {
        path: '/hook/secret-part',
        body: '{"text":"vision/web fails"}',
        headers: { 'content-type': 'application/json', 'x-mlenv-notice': 'mlenv-7' },
      },
    ]);
    expect(heard[0]?.headers['x-mlenv-signature-256']).toBeUndefined();
  });

  test('that fails is a failure, and no more once it works', async () => {
    const { url } = await listen(
      { kind: 'status', status: 500, body: 'Cannot POST /hook/secret-part' },
      { kind: 'status', status: 200, body: 'x'.repeat(1_000_000) },
    );
    const failure = why(await send({ kind: 'webhook', url }));
    expect(failure).toBe('it answered with HTTP 500');
    expect(why(await send({ kind: 'webhook', url }))).toBe('it was sent');
  });

  test('that hangs is waited for no longer than the limit', async () => {
    const { url, heard } = await listen({ kind: 'hang' });
    expect(why(await send({ kind: 'webhook', url }, { timeoutMs: 40 }))).toBe(
      'it did not answer within 0.04 s',
    );
    expect(heard).toHaveLength(1);
  });

  test('is given up with its process', async () => {
    const { url } = await listen({ kind: 'hang' });
    const abort = new AbortController();
    const sent = send({ kind: 'webhook', url }, { signal: abort.signal });
    abort.abort();
    expect(why(await sent)).toBe('it was given up');
  });

  test('that redirects is followed nowhere', async () => {
    const other = await listen({ kind: 'status', status: 200 });
    const { url } = await listen({ kind: 'status', status: 307, location: other.url });
    expect(why(await send({ kind: 'webhook', url }))).toContain('none is followed');
    expect(other.heard).toEqual([]);
  });

  test('that nobody answers is not named in the failure', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    const failure = why(await send({ kind: 'webhook', url: receiver.url }));
    expect(failure).toBe('nobody listens there');
  });

  test('may stand in a file of ours alone, and a key that signs the body too', async () => {
    const { url, heard } = await listen({ kind: 'status', status: 200 });
    const file = write('url', `${url}\nnot this\n`, 0o600);
    const secretFile = write('key', 'k3y\n', 0o600);
    expect(why(await send({ kind: 'webhook-file', file }, { delivery: { secretFile } }))).toBe(
      'it was sent',
    );
    expect(heard[0]?.headers['x-mlenv-signature-256']).toBe(
      `sha256=${createHmac('sha256', 'k3y').update('{"text":"vision/web fails"}').digest('hex')}`,
    );
  });

  test.each([
    [
      'may be read by others',
      (): string => write('url', 'http://127.0.0.1:1/', 0o640),
      'chmod 600',
    ],
    ['is not there', (): string => join(folder, 'gone'), 'is not there'],
    ['is empty', (): string => write('url', '\n', 0o600), 'nothing in its first line'],
    ['holds something else', (): string => write('url', 'ftp://a\n', 0o600), 'no address'],
    ['is long', (): string => write('url', 'a'.repeat(5000), 0o600), 'larger than'],
    ['is a folder', (): string => folder, 'not an ordinary file'],
    [
      'is a link',
      (): string => {
        symlinkSync(write('url', 'http://127.0.0.1:1/', 0o600), join(folder, 'link'));
        return join(folder, 'link');
      },
      'symbolic link',
    ],
  ])('whose file %s is not sent to', async (_, make, words) => {
    const failure = why(await send({ kind: 'webhook-file', file: make() }));
    expect(failure).toContain(words);
  });
});

describe('a command', () => {
  const script = (...lines: readonly string[]): string =>
    write('tell', ['#!/bin/sh', `cd ${folder}`, ...lines].join('\n'), 0o700);

  test('gets the body on its input, its arguments as they are, and no variables but the facts', async () => {
    const program = script('cat > body', 'printf "%s\\n" "$@" > args', 'env > env');
    const argv = [program, '--room', '$(touch no) {x}'];
    expect(why(await send({ kind: 'command', argv }))).toBe('it was sent');
    const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(text('body')).toBe('{"text":"vision/web fails"}');
    expect(text('args')).toBe('--room\n$(touch no) {x}\n');
    expect(text('env')).toContain('MLENV_REASON=Failed\n');
    expect(text('env')).toContain('MLENV_MESSAGE=a b\n');
    expect(text('env')).not.toContain('TOKEN');
    expect(existsSync(join(folder, 'no'))).toBe(false);
  });

  test('that ends with an error has failed', async () => {
    expect(why(await send({ kind: 'command', argv: [script('exit 3')] }))).toBe('it ended with 3');
    const gone = [join(folder, 'gone')];
    expect(why(await send({ kind: 'command', argv: gone }))).toContain('ENOENT');
  });

  test('that does not read its input is no fault', async () => {
    const argv = [script('exit 0')];
    const body = 'x'.repeat(1_000_000);
    expect(why(await send({ kind: 'command', argv }, { delivery: { body } }))).toBe('it was sent');
  });

  test('that hangs is waited for no longer than the limit', async () => {
    const argv = [script('sleep 60')];
    const failure = why(await send({ kind: 'command', argv }, { timeoutMs: 40 }));
    expect(failure).toBe('it did not end within 0.04 s');
  });

  test('is killed with all that it started', async () => {
    const argv = [script('sleep 60 &', 'echo $! > pid.new', 'mv pid.new pid', 'wait')];
    const abort = new AbortController();
    const sent = send({ kind: 'command', argv }, { signal: abort.signal });
    await expect.poll(() => existsSync(join(folder, 'pid'))).toBe(true);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(isRunning(pid)).toBe(true);
    abort.abort();
    expect(why(await sent)).toBe('it was given up');
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

/** A zombie that nobody has waited for yet runs no more. */
const isRunning = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
