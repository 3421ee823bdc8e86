import type { Family, Sample } from '../model/series.ts';

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The text format of Prometheus: each family once, with its HELP and TYPE above all of its samples. Families
 * come in the order given; what is no number of the format does not come in at all.
 */
export const exposition = (families: readonly Family[]): string =>
  families
    .map(
      ({ name, kind, help, samples }) =>
        `# HELP ${name} ${escaped(help, /[\\\n]/g)}\n# TYPE ${name} ${kind}\n` +
        samples.map((sample) => line(name, sample)).join(''),
    )
    .join('');

const line = (name: string, { labels, value, suffix }: Sample): string => {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${escaped(text, /[\\\n"]/g)}"`,
  );
  return `${name}${suffix ?? ''}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}\n`;
};

const escaped = (text: string, special: RegExp): string =>
  text.replace(special, (character) => (character === '\n' ? '\\n' : `\\${character}`));

const numberText = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
};
