import { expect, it } from 'vitest';
import { settingsOf } from '../../controller/instance/settings.ts';
import { defaultSettings } from '../../controller/model/context.ts';

it('reads what is set, and keeps the rest', () => {
  expect(settingsOf({})).toEqual(defaultSettings);
  expect(
    settingsOf({
      MLENV_PRUNE_GRACE: '30s',
      MLENV_SUBNETS: '172.31.0.0/20:28',
      MLENV_AUTO_PORTS: '30000-30010',
    }),
  ).toEqual({
    ...defaultSettings,
    pruneGraceMs: 30_000,
    subnets: { base: '172.31.0.0/20', prefix: 28 },
    autoPorts: { from: 30_000, to: 30_010 },
  });
});

it.each([
  ['MLENV_PRUNE_GRACE', 'soon'],
  ['MLENV_SUBNETS', '10.0.0.0/16'],
  ['MLENV_SUBNETS', '10.0.0.0/24:20'],
  ['MLENV_AUTO_PORTS', '80-90'],
  ['MLENV_AUTO_PORTS', '30010-30000'],
])('refuses %s=%s and says its form', (name, value) => {
  expect(() => settingsOf({ [name]: value })).toThrow(
    new RegExp(`^${name} is .*; it is ${value}$`),
  );
});
