import type { Environment } from '../controller/model/environment.ts';
import { fault, fieldName } from './fault.ts';
import { durationOf, type Range, type Report } from './resolve-scalars.ts';
import type { SpecEnvironment } from './types.generated.ts';

/** What decides about a run that ended, and how long one may take. None of it is a field of the container. */
export const restartOf = (
  { restart: given = 'on-failure', timeout, rerun = 'never' }: SpecEnvironment,
  report: Report,
): Pick<Environment, 'restart' | 'restartLimit' | 'timeoutMs' | 'rerun'> => {
  const { when: restart, limit = null } =
    typeof given === 'string' ? { when: given, limit: null } : given;
  if (limit !== null && restart === 'never') {
    report(
      fault('E_CONFLICT', ['restart', 'limit'], {
        at: 'key',
        message: `${fieldName(['restart', 'limit'])} cannot stand beside when: never, which makes no restart`,
        hint: 'remove limit, or write when: on-failure',
      }),
    );
  }
  if (timeout !== undefined && restart === 'always') {
    report(
      fault('E_CONFLICT', ['timeout'], {
        at: 'key',
        message: 'timeout cannot stand beside restart: always, which has no run that is to end',
        hint: 'remove timeout, or write restart: on-failure; maxLifetime stops it for good',
      }),
    );
  }
  if (rerun === 'onChange' && restart !== 'never') {
    report(
      fault('E_CONFLICT', ['rerun'], {
        at: 'key',
        message: `rerun: onChange cannot stand beside restart: ${restart}, which follows every change anyhow`,
        hint: 'remove rerun, or write restart: never',
      }),
    );
  }
  return {
    restart,
    restartLimit: limit,
    timeoutMs:
      timeout === undefined ? null : durationOf(timeout, ['timeout'], timeoutRange, report),
    rerun,
  };
};

const timeoutRange: Range = { min: 1000, max: 365 * 86_400_000, says: '1s to 365d' };
