import { expect, it } from 'vitest';
import { ageSince, formatAge } from '../../controller/report/age.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

it.each([
  [-5, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [5 * minute + 3 * second, '5m3s'],
  [10 * minute + 3 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour + 5 * minute, '3h5m'],
  [47 * hour, '47h'],
  [50 * hour, '2d2h'],
  [9 * day + hour, '9d'],
  [800 * day, '2y70d'],
  [9 * 365 * day, '9y'],
])('%d ms is %s', (span, shown) => {
  expect(formatAge(span)).toBe(shown);
});

it('shows a dash for what never began', () => {
  expect(ageSince(null, 0)).toBe('-');
  expect(ageSince('2025-01-01T00:00:00Z', Date.parse('2025-01-01T00:01:00Z'))).toBe('60s');
});
