import { expect, test } from 'vitest';
import type { ObservedContainer } from '../../controller/model/container.ts';
import type { HealthWish } from '../../controller/model/environment.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import { noAsker, type CheckResult } from '../../controller/model/health.ts';
import type { HttpAnswer, HttpQuestion } from '../../controller/monitor/http-asker.ts';
import { createHealthProbe } from '../../controller/monitor/probe-health.ts';
import { engineRow } from '../../controller/reconcile/health-rows.ts';
import { configOf, noon } from '../support/plan-builders.ts';
import { bench } from './probe-bench.ts';

const wish: HealthWish = {
  probe: { kind: 'http', port: 8888, path: '/api' },
  intervalMs: 10_000,
  timeoutMs: 2000,
  retries: 2,
  startPeriodMs: 0,
  onUnhealthy: 'restart',
  graceMs: 30_000,
};
const check = (over: Partial<NonNullable<ObservedContainer['lastCheck']>> = {}) => ({
  startedAt: noon - 2000,
  endedAt: noon - 1970,
  exitCode: 1,
  output: `${noAsker}\n`,
  failures: 3,
  ...over,
});
const unasked = {
  health: 'unhealthy',
  lastCheck: check(),
  address: '10.213.0.2',
  config: { ...configOf(), ports: [] },
} as const;
const answer = (kind: CheckResult['kind'], message: string, isConnected = true): HttpAnswer => ({
  kind,
  isConnected,
  responseMs: 4,
  message,
});

const given = () => {
  const at = bench();
  const says: { result: HttpAnswer; published?: HttpAnswer; everyMs: number | null } = {
    result: answer('good', 'it answered 200'),
    everyMs: 60_000,
  };
  const asked: HttpQuestion[] = [];
  const inspected: string[] = [];
  /** Since the last pass saw them. */
  const changed = new Map<string, ObservedContainer['health']>();
  const probe = createHealthProbe({
    ...at.common,
    inspect: async (id) => {
      inspected.push(id);
      const container = at.container(id);
      if (container === undefined) return failed('absent', 'gone');
      return ok({ ...container, health: changed.get(id) ?? container.health });
    },
    askHttp: async (question) => {
      asked.push(question);
      return question.host === '127.0.0.1' ? (says.published ?? says.result) : says.result;
    },
    everyMs: () => says.everyMs,
    rowOf: (_, container) =>
      engineRow(container, { wish: { kind: 'vanished' }, at: at.clock.now() }),
  });
  return {
    ...at,
    says,
    asked,
    changed,
    inspected,
    pass: () => probe(new AbortController().signal),
  };
};

test('a verdict that stays is noted now and then, with what the last check took and said', async () => {
  const { add, clock, inspected, pass, rows } = given();
  add({ health: 'healthy', lastCheck: check({ exitCode: 0, output: 'ok\n', failures: 0 }) });
  add({ id: 'c2', health: 'none' });
  await pass();
  expect(rows('c1', 'docker')).toEqual({
    containerId: 'c1',
    type: 'docker',
    at: noon,
    status: 'healthy',
    checkedAt: noon - 2000,
    failures: 0,
    responseMs: 30,
    message: 'ok',
  });
  await clock.advance(59_000);
  await pass();
  await clock.advance(1000);
  await pass();
  expect(inspected).toEqual(['c1', 'c1']);
});

test('a verdict that changed meanwhile is for a pass to note', async () => {
  const { add, changed, pass, rows, rung } = given();
  add({ health: 'healthy', lastCheck: check() });
  changed.set('c1', 'unhealthy');
  await pass();
  expect(rung).toEqual(['p1/c1']);
  expect(rows('c1', 'docker')).toBeNull();
});

test('an image that cannot ask inside is asked from outside, as often as its own check would be', async () => {
  const { add, asked, clock, pass, rows, rung } = given();
  add(unasked, wish);
  add({ ...unasked, id: 'c2', lastCheck: check({ output: 'curl: (7)' }) }, wish);
  await pass();
  await pass();
  expect(asked).toEqual([{ host: '10.213.0.2', port: 8888, path: '/api', timeoutMs: 2000 }]);
  expect(rows('c1', 'http')).toMatchObject({
    status: 'healthy',
    failures: 0,
    responseMs: 4,
    message: 'it answered 200',
  });
  expect(rung).toEqual(['p1/c1']);
  await clock.advance(10_000);
  await pass();
  expect(asked).toHaveLength(2);
  expect(rung).toHaveLength(1);
});

test('where its network cannot be reached, its published port is asked, whose refusal says nothing', async () => {
  const { add, asked, clock, pass, rows, says } = given();
  const port = { container: 8888, protocol: 'tcp', hostIp: '0.0.0.0', host: 30_001 } as const;
  add({ ...unasked, config: { ...configOf(), ports: [port] } }, { ...wish, retries: 1 });
  const look = async (): Promise<unknown> => {
    await pass();
    await clock.advance(10_000);
    return rows('c1', 'http')?.status;
  };
  says.result = answer('unknown', 'it cannot be reached', false);
  says.published = answer('bad', 'connect ECONNREFUSED', false);
  expect(await look()).toBe('unknown');
  expect(asked.map(({ host, port }) => `${host}:${port}`)).toEqual([
    '10.213.0.2:8888',
    '127.0.0.1:30001',
  ]);
  says.published = answer('good', 'it answered 200');
  expect(await look()).toBe('healthy');
  says.published = answer('bad', 'it answered 503');
  expect(await look()).toBe('unhealthy');
});

test('bad answers make it unhealthy only after retries, also across a new process', async () => {
  const { add, clock, pass, rows, says, store, common } = given();
  add(unasked, wish);
  await pass();
  says.result = answer('bad', 'it answered 503');
  await clock.advance(10_000);
  await pass();
  expect(rows('c1', 'http')).toMatchObject({ status: 'healthy', failures: 1 });
  // All that the first one knew is in the record.
  const second = createHealthProbe({
    ...common,
    health: store.health,
    inspect: async () => failed('retry', 'busy'),
    askHttp: async () => says.result,
    everyMs: () => null,
    rowOf: () => {
      throw new Error('nothing is noted');
    },
  });
  await second(new AbortController().signal);
  expect(rows('c1', 'http')).toMatchObject({
    status: 'unhealthy',
    failures: 2,
    message: 'it answered 503',
  });
});

test('in its start period a bad answer does not count', async () => {
  const { add, pass, rows, says } = given();
  add({ ...unasked, startedAt: noon - 1000 }, { ...wish, retries: 1, startPeriodMs: 60_000 });
  says.result = answer('bad', 'connect ECONNREFUSED');
  await pass();
  expect(rows('c1', 'http')).toMatchObject({ status: 'unknown', failures: 0 });
});

test('without a network nobody can ask, which is not unhealthy', async () => {
  const { add, asked, pass, rows } = given();
  add({ ...unasked, address: null }, wish);
  await pass();
  expect(asked).toEqual([]);
  expect(rows('c1', 'http')).toMatchObject({ status: 'unknown', failures: 0 });
});
