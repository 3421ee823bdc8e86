import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRunLogs } from '../../controller/act/run-logs.ts';
import type { LogChunk } from '../../controller/model/ports.ts';
import { chunksOf, textOf } from '../support/run-builders.ts';

let top: string;
let folder: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'mlenv-run-logs-'));
  folder = join(top, 'logs');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const logs = (uid = process.getuid?.() ?? 0) =>
  createRunLogs({ folder, uid, now: () => Date.now() });

test('a copy is whole, both streams of it, and nobody else may read it', async () => {
  const both = async function* (): AsyncGenerator<LogChunk> {
    yield* chunksOf('one\n');
    yield { stream: 'stderr', data: Uint8Array.from([0, 255, 10]) };
  };
  expect(await logs().write('a.log', both(), 1000)).toEqual({
    ok: true,
    value: { bytes: 4 + 3 + 16, cutBytes: 0 },
  });
  const read: LogChunk[] = [];
  for await (const chunk of (await logs().read('a.log')) ?? []) read.push(chunk);
  expect(read.map(({ stream, data }) => [stream, ...data])).toEqual([
    ['stdout', 111, 110, 101, 10],
    ['stderr', 0, 255, 10],
  ]);
  expect(statSync(join(folder, 'a.log')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(await logs().read('b.log')).toBeNull();
});

test('of a long log the end is kept, from a whole line on, and told how much is not', async () => {
  const lines = Array.from({ length: 5000 }, (_, n) => `line ${n}\n`);
  const written = await logs().write('a.log', chunksOf(...lines), 1000);
  const text = await textOf(await logs().read('a.log'));
  expect(text.endsWith('line 4998\nline 4999\n')).toBe(true);
  expect(text.startsWith('line 4')).toBe(true);
  const whole = lines.join('').length;
  expect(written).toMatchObject({ value: { cutBytes: whole - text.length } });
  expect(statSync(join(folder, 'a.log')).size).toBeLessThanOrEqual(1000);
  // One line that is longer than all that is kept.
  await logs().write('b.log', chunksOf(`${'x'.repeat(5000)}end`), 1000);
  expect(await textOf(await logs().read('b.log'))).toHaveLength(992);
  expect((await textOf(await logs().read('b.log'))).endsWith('xend')).toBe(true);
});

test('what fails on its way leaves what was there, and no half file under a name', async () => {
  await logs().write('a.log', chunksOf('before'), 1000);
  const failing = async function* (): AsyncGenerator<LogChunk> {
    yield* chunksOf('half');
    throw new Error('the engine went away');
  };
  expect(await logs().write('a.log', failing(), 1000)).toMatchObject({
    ok: false,
    failure: { message: 'the engine went away' },
  });
  expect(await textOf(await logs().read('a.log'))).toBe('before');
  // What a killed process left of a draft stands in nobody's way.
  writeFileSync(join(folder, 'a.log.new'), 'half');
  await logs().write('a.log', chunksOf('after'), 1000);
  expect(readdirSync(folder)).toEqual(['a.log']);
});

test('tells what is young, and removes by name', async () => {
  expect(logs().list()).toEqual([]);
  await logs().write('a.log', chunksOf('a'), 1000);
  await logs().write('b.log', chunksOf('b'), 1000);
  utimesSync(join(folder, 'a.log'), 0, 0);
  expect(logs().list()).toEqual([
    { name: 'a.log', isYoung: false },
    { name: 'b.log', isYoung: true },
  ]);
  logs().remove(['a.log', 'none.log']);
  expect(readdirSync(folder)).toEqual(['b.log']);
});

test('a folder that is somebody else’s is not written to', async () => {
  await logs().write('a.log', chunksOf('a'), 1000);
  expect(await logs(4242).write('b.log', chunksOf('b'), 1000)).toMatchObject({ ok: false });
  expect(readdirSync(folder)).toEqual(['a.log']);
});
