import { expect, test } from 'vitest';
import type { ExecSession } from '../../controller/model/ports.ts';
import type { Result } from '../../controller/model/failure.ts';
import { createGpuProbe } from '../../controller/monitor/probe-gpus.ts';
import { configOf } from '../support/plan-builders.ts';
import { bench, command } from './probe-bench.ts';

const five = 300_000;
const withCard = {
  config: { ...configOf(), gpus: { ids: ['GPU-a'], injection: 'device-request' as const } },
};
const good = { output: 'GPU 0: NVIDIA H100 (UUID: GPU-a)\n', exitCode: 0 };
const lost = { output: 'Failed to initialize NVML: Unknown Error\n', exitCode: 255 };

const given = () => {
  const at = bench();
  const says: {
    end: Parameters<typeof command>[0];
    trouble: string | null;
    everyMs: number | null;
  } = { end: good, trouble: null, everyMs: five };
  const asked: string[] = [];
  const abort = new AbortController();
  const probe = createGpuProbe({
    ...at.common,
    exec: async (id, { argv }): Promise<Result<ExecSession>> => {
      asked.push(`${id} ${argv.join(' ')}`);
      return command(says.end);
    },
    everyMs: () => says.everyMs,
    timeoutMs: () => 10_000,
    hostTrouble: () => says.trouble,
  });
  return { ...at, says, asked, abort, pass: () => probe(abort.signal) };
};

test('who has cards is asked at once, and then as often as configured', async () => {
  const { add, asked, clock, pass, rows, rung } = given();
  add(withCard);
  add({ id: 'c2' });
  await pass();
  await pass();
  expect(asked).toEqual(['c1 nvidia-smi -L']);
  expect(rows('c1', 'gpu')).toMatchObject({
    status: 'healthy',
    failures: 0,
    message: 'nvidia-smi lists 1 card',
  });
  expect(rung).toEqual(['p1/c1']);
  await clock.advance(five);
  await pass();
  expect(asked).toHaveLength(2);
  // It says the same.
  expect(rung).toHaveLength(1);
});

test('twice in a row is lost, the second time soon; a good word wipes it out', async () => {
  const { add, asked, clock, pass, rows, says } = given();
  add(withCard);
  await pass();
  says.end = lost;
  await clock.advance(five);
  await pass();
  expect(rows('c1', 'gpu')).toMatchObject({ status: 'healthy', failures: 1 });
  await clock.advance(29_000);
  await pass();
  expect(asked).toHaveLength(2);
  await clock.advance(1000);
  await pass();
  expect(rows('c1', 'gpu')).toMatchObject({
    status: 'unhealthy',
    failures: 2,
    message: 'Failed to initialize NVML: Unknown Error',
  });
  says.end = good;
  await clock.advance(five);
  await pass();
  expect(rows('c1', 'gpu')).toMatchObject({ status: 'healthy', failures: 0 });
});

test('what the host cannot read either is no loss of the container', async () => {
  const { add, clock, pass, rows, says } = given();
  add(withCard);
  says.end = lost;
  says.trouble = 'nvidia-smi does not answer';
  for (let look = 0; look < 3; look += 1) {
    await pass();
    await clock.advance(five);
  }
  expect(rows('c1', 'gpu')).toMatchObject({ status: 'unknown', failures: 0 });
});

test('a command that hangs is given up, and no second one is sent after it', async () => {
  const { abort, add, asked, clock, pass, rows, says } = given();
  add(withCard);
  says.end = null;
  const first = pass();
  await clock.advance(10_000);
  await first;
  expect(rows('c1', 'gpu')).toMatchObject({
    status: 'unknown',
    message: 'nvidia-smi did not answer within 10 s',
  });
  await clock.advance(2 * five);
  await pass();
  expect(asked).toHaveLength(1);
  abort.abort();
  await clock.settle();
});

test('a failure of the run before counts for nothing', async () => {
  const { add, clock, pass, rows, says, targets } = given();
  add(withCard);
  says.end = lost;
  await pass();
  await clock.advance(5000);
  targets.pop();
  add({ ...withCard, startedAt: clock.now() - 3000 });
  await pass();
  expect(rows('c1', 'gpu')).toMatchObject({ status: 'unknown', failures: 1 });
});

test('off, nobody is asked', async () => {
  const { add, asked, pass, says } = given();
  add(withCard);
  says.everyMs = null;
  await pass();
  expect(asked).toEqual([]);
});
