import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedEngine } from '../support/shared-engine.ts';
import { connectEngine, type Engine } from '../../controller/docker/connect.ts';
import type { ExecSession } from '../../controller/model/ports.ts';
import { plainConfig, value } from '../contracts/engine-bench.ts';
import { buildStandIn } from '../support/images.ts';

let engine: Engine;
const name = 'terminal-test';

beforeAll(async () => {
  const host = sharedEngine().host;
  await buildStandIn({ host, refs: ['mlenv.test/terminal:1'] });
  engine = value(await connectEngine({ host }));
  value(await engine.writer.create({ ...plainConfig, name, image: 'mlenv.test/terminal:1' }, []));
  value(await engine.writer.start(name));
});
afterAll(async () => {
  await engine.writer.stop(name, 0);
  await engine.writer.remove(name, { volumes: true });
  engine.close();
});

const run = async (
  argv: readonly string[],
  options: { readonly tty: boolean; readonly stdin: boolean },
): Promise<ExecSession> =>
  value(
    await engine.writer.exec(name, {
      argv,
      env: { TERM: 'dumb', GREETING: 'hello' },
      columns: options.tty ? 120 : null,
      rows: options.tty ? 40 : null,
      ...options,
    }),
  );

async function text(session: ExecSession): Promise<string> {
  let said = '';
  for await (const { data } of session.output) said += Buffer.from(data).toString();
  return said;
}

/** An engine before API 1.42 can set the size only once the command runs. */
const whenSized = (size: string): string =>
  `while [ "$(stty size)" != "${size}" ]; do sleep 0.05; done; echo is ${size};`;

test('a terminal has the size asked for, and follows a change', async () => {
  const script = `${whenSized('40 120')} read line; ${whenSized('25 90')} exit 7`;
  const session = await run(['sh', '-c', script], { tty: true, stdin: true });
  let said = '';
  let resized = false;
  for await (const { data, stream } of session.output) {
    expect(stream).toBe('stdout');
    said += Buffer.from(data).toString();
    if (!resized && said.includes('is 40 120')) {
      resized = true;
      session.write(Buffer.from('go\n'));
      await session.resize(90, 25);
    }
  }
  expect(said).toContain('is 25 90');
  expect(value(await session.exitCode())).toBe(7);
});

test('input goes in, its end is seen, and what is large comes back whole', async () => {
  const session = await run(['sh', '-c', 'wc -c; echo $GREETING'], { tty: false, stdin: true });
  const block = Buffer.alloc(64 * 1024, 'x');
  for (let round = 0; round < 16; round += 1) session.write(block);
  session.endInput();
  expect((await text(session)).trim()).toBe(`${16 * 64 * 1024}\nhello`);
  expect(value(await session.exitCode())).toBe(0);
});

test('a slow reader loses nothing', async () => {
  const session = await run(['sh', '-c', 'seq 1 100000'], { tty: false, stdin: false });
  let last = '';
  let chunks = 0;
  for await (const { data } of session.output) {
    last = (last + Buffer.from(data).toString()).slice(-20);
    chunks += 1;
    if (chunks % 10 === 0) await new Promise(setImmediate);
  }
  expect(last.endsWith('\n99999\n100000\n')).toBe(true);
});

test('closing leaves the command, and its code unknown', async () => {
  const session = await run(['sleep', '1000000'], { tty: false, stdin: false });
  session.close();
  expect(await text(session)).toBe('');
  expect(await session.exitCode()).toMatchObject({ ok: false, failure: { kind: 'unknown' } });
});
