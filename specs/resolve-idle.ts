import { defaultIdle, type IdleChoice } from '../controller/model/idle.ts';
import type { Path } from './fault.ts';
import { durationOf, sizeOf, type Range, type Report } from './resolve-scalars.ts';
import type { SpecIdle } from './types.generated.ts';

export const idleOf = (
  idle: false | string | SpecIdle | undefined,
  path: Path,
  report: Report,
): IdleChoice => {
  if (idle === undefined) return 'default';
  if (idle === false) return 'never';
  if (typeof idle === 'string') {
    return { ...defaultIdle, afterMs: durationOf(idle, path, idleRange, report) };
  }
  const { after, gpu, cpu, network, action } = idle;
  return {
    afterMs:
      after === undefined
        ? defaultIdle.afterMs
        : durationOf(after, [...path, 'after'], idleRange, report),
    gpuBelowPercent: belowOf(gpu, defaultIdle.gpuBelowPercent, Number.parseFloat),
    cpuBelowPercent: belowOf(cpu, defaultIdle.cpuBelowPercent, Number.parseFloat),
    networkBelowBytes: belowOf(network, defaultIdle.networkBelowBytes, (size) =>
      sizeOf(size, [...path, 'network'], traffic, report),
    ),
    action: action ?? defaultIdle.action,
  };
};

/** The schema has looked at its form: `<5%`, `<1MB`, `any`. */
const belowOf = (
  text: string | undefined,
  otherwise: number | null,
  read: (limit: string) => number,
): number | null => {
  if (text === undefined) return otherwise;
  return text === 'any' ? null : read(text.slice(1).trim());
};

/** Samples are kept for seven days, unless the host says otherwise. */
export const idleRange: Range = { min: 10_000, max: 5 * 86_400_000, says: '10s to 5d' };
export const lifetimeRange: Range = { min: 60_000, max: 365 * 86_400_000, says: '1m to 365d' };
const traffic: Range = { min: 1, max: 2 ** 50, says: '<1B to <1024TB' };
