import { expect, it } from 'vitest';
import { startOf, startSaidOf, type StartConfig } from '../../controller/model/start.ts';

const roots: StartConfig['roots'] = [
  { pattern: '/home', start: null },
  { pattern: '/home/*/auto', start: 'automatic' },
  { pattern: '/home/ada/auto', start: 'onFirstUp' },
  { pattern: '/srv', start: 'automatic' },
  { pattern: '/srv/held/**/mlenv.yaml', start: null },
];

it.each([
  ['/srv/vision', 'automatic'],
  ['/srv/held/vision', 'onFirstUp'],
  ['/home/bob/vision', 'onFirstUp'],
  ['/home/ada/auto/vision', 'onFirstUp'],
  ['/elsewhere', 'onFirstUp'],
])('a project in %s starts %s', (folder, start) => {
  expect(startOf({ usual: 'onFirstUp', roots }, folder)).toBe(start);
});

it('is as usual below no root, and nobody says so', () => {
  expect(startOf({ usual: 'automatic', roots }, '/elsewhere')).toBe('automatic');
  expect(startSaidOf({ usual: 'automatic', roots }, '/elsewhere')).toBeNull();
});
