import type { HostConfig } from '../../controller/model/config.ts';
import { idleRange } from '../resolve-idle.ts';
import { durationOf, type Range, type Report } from '../resolve-scalars.ts';
import { formatDuration } from '../units.ts';
import { percentOf, percentValue } from './percent.ts';

/** Leaves of `idle`, in the words of the file. */
export interface IdleValues {
  readonly 'idle.cards': string;
  readonly 'idle.warning': string;
  readonly 'idle.maxKeep': string;
  readonly 'idle.holdCards': string;
  readonly 'idle.scarceAt': string;
  readonly 'idle.scarceFactor': number;
}

export const idleConfigOf = (values: IdleValues, report: Report): HostConfig['idle'] => {
  const duration = (leaf: 'cards' | 'warning' | 'maxKeep' | 'holdCards', range: Range): number =>
    durationOf(values[`idle.${leaf}`], ['idle', leaf], range, report);
  return {
    cardsAfterMs: values['idle.cards'] === 'off' ? null : duration('cards', idleRange),
    warningMs: duration('warning', { min: 1000, max: dayMs, says: '1s to 1d' }),
    maxKeepMs: duration('maxKeep', { min: 60_000, max: 30 * dayMs, says: '1m to 30d' }),
    holdCardsMs: duration('holdCards', { min: 0, max: 7 * dayMs, says: 'at most 7d' }),
    scarceAtPercent: percentOf(values['idle.scarceAt'], ['idle', 'scarceAt'], report),
    scarceFactor: values['idle.scarceFactor'],
  };
};

export const idleValues = (idle: HostConfig['idle']): IdleValues => ({
  'idle.cards': idle.cardsAfterMs === null ? 'off' : formatDuration(idle.cardsAfterMs),
  'idle.warning': formatDuration(idle.warningMs),
  'idle.maxKeep': formatDuration(idle.maxKeepMs),
  'idle.holdCards': formatDuration(idle.holdCardsMs),
  'idle.scarceAt': percentValue(idle.scarceAtPercent),
  'idle.scarceFactor': idle.scarceFactor,
});

/** In the order of the schema. */
export const idleLeaves: readonly (keyof IdleValues)[] = [
  'idle.cards',
  'idle.warning',
  'idle.maxKeep',
  'idle.holdCards',
  'idle.scarceAt',
  'idle.scarceFactor',
];

const dayMs = 86_400_000;
