import { describe, expect, it } from 'vitest';
import type { ObservedContainer } from '../../controller/model/container.ts';
import { noAsker } from '../../controller/model/health.ts';
import { engineRow, newFailures, noteVerdict } from '../../controller/reconcile/health-rows.ts';
import { configOf, noon, observed, wanted } from '../support/plan-builders.ts';
import { openTestStore } from '../store/support.ts';

const check = {
  startedAt: noon - 1000,
  endedAt: noon - 960,
  exitCode: 1,
  output: 'token hunter2hunter2\nrefused\n',
  failures: 3,
};
const container = (over: Partial<ObservedContainer> = {}): ObservedContainer =>
  observed(configOf(), { health: 'unhealthy', lastCheck: check, ...over });
const times = { intervalMs: 1, timeoutMs: 1, retries: 1, startPeriodMs: 0, graceMs: 0 };
const wish = wanted({
  env: { TOKEN: 'hunter2hunter2' },
  health: { probe: { kind: 'http', port: 80, path: '/' }, onUnhealthy: 'report', ...times },
});
const at = noon;

describe('a verdict of the engine', () => {
  it('is a row, without values of variables and on one line', () => {
    expect(engineRow(container(), { wish, at })).toEqual({
      containerId: 'c1',
      type: 'docker',
      at,
      status: 'unhealthy',
      checkedAt: noon - 960,
      failures: 3,
      responseMs: 40,
      message: 'token [hidden] refused',
    });
  });

  it('is none where the check could not ask, or has not answered yet', () => {
    const output = `${noAsker}\n`;
    const unasked = container({ lastCheck: { ...check, output } });
    expect(engineRow(unasked, { wish, at }).status).toBe('unknown');
    const starting = container({ health: 'starting', lastCheck: null });
    expect(engineRow(starting, { wish, at })).toMatchObject({
      status: 'unknown',
      checkedAt: null,
      responseMs: null,
    });
  });

  it('is noted when it changes', () => {
    const { store, hand } = openTestStore();
    const note = (over: Partial<ObservedContainer>): void =>
      noteVerdict(store, container(over), { wish, at });
    note({ health: 'none', lastCheck: null });
    note({ health: 'starting', lastCheck: null });
    note({ health: 'healthy', lastCheck: { ...check, exitCode: 0, failures: 0 } });
    note({ health: 'healthy', lastCheck: { ...check, exitCode: 0, failures: 0, endedAt: noon } });
    note({});
    note({});
    // It was started again.
    note({ health: 'starting', lastCheck: null });
    note({ state: 'exited', health: 'none', lastCheck: null });
    const rows = hand.prepare<[], { readonly status: string }>(
      'SELECT status FROM health_checks ORDER BY id',
    );
    expect(rows.all().map(({ status }) => status)).toEqual(['healthy', 'unhealthy', 'unknown']);
  });
});

it('a condition that is a failure is told when it begins', () => {
  const condition = (type: 'Policy' | 'Memory' | 'GpuAccess' | 'Ready', status: 'True' | 'False') =>
    ({ type, status, reason: 'GpuLost', message: '' }) as const;
  const now = [
    condition('Ready', 'False'),
    condition('Policy', 'False'),
    condition('Memory', 'False'),
    condition('GpuAccess', 'False'),
  ];
  expect(newFailures([], now).map(({ type }) => type)).toEqual(['Policy', 'Memory', 'GpuAccess']);
  expect(newFailures([condition('GpuAccess', 'True')], now)).toHaveLength(3);
  expect(newFailures(now, now)).toEqual([]);
});
