import type { MetricsConfig } from '../../controller/model/metrics.ts';
import { durationOf, type Range, type Report } from '../resolve-scalars.ts';
import { formatDuration } from '../units.ts';

/** Leaves of `metrics`, in the words of the file. */
export interface MetricsValues {
  readonly 'metrics.interval': string;
  readonly 'metrics.prometheus': boolean;
  readonly 'metrics.tokenFile': string | null;
}

export const metricsOf = (values: MetricsValues, report: Report): MetricsConfig => {
  const interval = values['metrics.interval'];
  return {
    everyMs:
      interval === 'off'
        ? null
        : durationOf(interval, ['metrics', 'interval'], intervalRange, report),
    prometheus: values['metrics.prometheus'],
    tokenFile: values['metrics.tokenFile'],
  };
};

export const metricsValues = ({
  everyMs,
  prometheus,
  tokenFile,
}: MetricsConfig): MetricsValues => ({
  'metrics.interval': everyMs === null ? 'off' : formatDuration(everyMs),
  'metrics.prometheus': prometheus,
  'metrics.tokenFile': tokenFile,
});

/** In the order of the schema. */
export const metricsLeaves: readonly (keyof MetricsValues)[] = [
  'metrics.interval',
  'metrics.prometheus',
  'metrics.tokenFile',
];

const intervalRange: Range = { min: 1000, max: 3_600_000, says: '1s to 1h' };
