import type { Environment, HealthWish } from '../controller/model/environment.ts';
import { fault, type Path } from './fault.ts';
import { argvOf, durationOf, type Range, type Report } from './resolve-scalars.ts';
import type { SpecHealth } from './types.generated.ts';

export const healthOf = (
  health: SpecHealth,
  path: Path,
  {
    restart,
    updates,
    report,
  }: Pick<Environment, 'restart' | 'updates'> & { readonly report: Report },
): HealthWish | null => {
  const probe = probeOf(health, path, report);
  if (probe === null) return null;
  const duration = (name: keyof typeof defaultTimes, range: Range): number =>
    durationOf(health[name] ?? defaultTimes[name], [...path, name], range, report);
  return {
    probe,
    intervalMs: duration('interval', some),
    timeoutMs: duration('timeout', some),
    retries: health.retries ?? 3,
    startPeriodMs: duration('startPeriod', fromNone),
    // Neither a job that has its one run nor what is protected is ended for what a check says, but by the file's word.
    onUnhealthy:
      health.onUnhealthy ??
      (restart === 'never' || updates === 'manual'
        ? 'report'
        : updates === 'whenIdle'
          ? 'restartWhenIdle'
          : 'restart'),
    graceMs: duration('grace', fromNone),
  };
};

const defaultTimes = { interval: '30s', timeout: '5s', startPeriod: '0s', grace: '30s' } as const;

const some: Range = { min: 1, max: 86_400_000, says: '1ms to 24h' };
const fromNone: Range = { ...some, min: 0, says: 'at most 24h' };

const probeOf = (
  { command, http }: SpecHealth,
  path: Path,
  report: Report,
): HealthWish['probe'] | null => {
  if (command !== undefined && http !== undefined) {
    const message = 'health has both command and http';
    report(
      fault('E_CONFLICT', [...path, 'http'], { at: 'key', message, hint: 'keep one of them' }),
    );
  }
  if (command !== undefined) {
    return { kind: 'command', argv: argvOf(command, [...path, 'command'], report) };
  }
  if (http !== undefined) return httpOf(http, [...path, 'http'], report);
  const hint = 'for example: http: 8888/api';
  report(fault('E_REQUIRED', path, { at: 'key', message: 'health needs command or http', hint }));
  return null;
};

const httpOf = (
  http: NonNullable<SpecHealth['http']>,
  path: Path,
  report: Report,
): HealthWish['probe'] => {
  if (typeof http === 'number') return { kind: 'http', port: http, path: '/' };
  if (typeof http !== 'string') return { kind: 'http', port: http.port, path: http.path ?? '/' };
  const slash = http.indexOf('/');
  const port = Number(slash < 0 ? http : http.slice(0, slash));
  if (!(port >= 1 && port <= 65_535)) {
    report(fault('E_RANGE', path, { message: 'health.http: a port must be 1 to 65535' }));
  }
  return { kind: 'http', port, path: slash < 0 ? '/' : http.slice(slash) };
};
