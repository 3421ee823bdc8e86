import type { DriverFit, HostDriver } from '../model/catalogue-api.ts';

/** The Linux driver that each CUDA came with, as its release notes say it. A CUDA that is not here is not judged by it. */
const builtFor: Readonly<Record<string, string>> = {
  '11.0': '450.51.05',
  '11.1': '455.23',
  '11.2': '460.27.03',
  '11.3': '465.19.01',
  '11.4': '470.42.01',
  '11.5': '495.29.05',
  '11.6': '510.39.01',
  '11.7': '515.43.04',
  '11.8': '520.61.05',
  '12.0': '525.60.13',
  '12.1': '530.30.02',
  '12.2': '535.54.03',
  '12.3': '545.23.06',
  '12.4': '550.54.14',
  '12.5': '555.42.02',
  '12.6': '560.28.03',
  '12.7': '565.57.01',
  '12.8': '570.26',
  '12.9': '575.51.03',
  '13.0': '580.65.06',
};

/** The oldest driver that runs anything of a major CUDA (minor-version compatibility). */
const oldestFor: Readonly<Record<string, string>> = {
  '11': '450.80.02',
  '12': '525.60.13',
  '13': '580.65.06',
};

/** Whether an image of this CUDA runs on this host's driver. Advice: nothing is refused by it. */
export const driverFit = (
  image: { readonly cuda: string | null; readonly minDriver: string | null },
  host: HostDriver | null,
): DriverFit => {
  const { cuda } = image;
  const oldest = oldestFor[cuda?.split('.')[0] ?? ''];
  const known = cuda === null ? image.minDriver : (builtFor[cuda] ?? image.minDriver);
  // A CUDA newer than the table needs at least what any of its major one does.
  const asked = known ?? oldest ?? null;
  if (asked === null) return { verdict: 'unknown', message: '' };
  const needs = `needs driver ≥ ${branch(asked)}`;
  if (host === null) return { verdict: 'unknown', message: needs };
  // nvidia-smi says which CUDA its driver serves: that is better known than any table.
  const isServed = cuda !== null && host.cuda !== null && compare(host.cuda, cuda) >= 0;
  if (isServed) return { verdict: 'fits', message: '' };
  if (compare(host.version, asked) >= 0) {
    // Which driver a CUDA beyond the table came with nobody here knows.
    return known === null
      ? { verdict: 'minor', message: `${needs} or newer; this host has ${branch(host.version)}` }
      : { verdict: 'fits', message: '' };
  }
  const message = `${needs}; this host has ${branch(host.version)}`;
  return oldest !== undefined && compare(host.version, oldest) >= 0
    ? { verdict: 'minor', message }
    : { verdict: 'too-old', message };
};

const branch = (driver: string): string => driver.split('.')[0] ?? driver;

const compare = (a: string, b: string): number => {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};
