import { expect, it } from 'vitest';
import { editConfig } from '../../specs/config/index.ts';

it.each([
  [
    'a flow list',
    'watch: [/a, /b] # both\ngpu: { exclude: [0] }\n',
    'watch: [/b, /c] # both\ngpu: { exclude: [0] }\n',
  ],
  [
    'a block list',
    'watch:\n  - /a # old\n  - /b # kept\n\n# end\nautoPorts: 1-2\n',
    'watch:\n  - /b # kept\n  - /c\n\n# end\nautoPorts: 1-2\n',
  ],
  ['a list at the end of the file', 'watch:\n- /a', 'watch:\n- /b\n- /c'],
  ['a list over several lines', 'watch: [\n  /a,\n  /b,\n]\n', 'watch: [/b, /c]\n'],
  [
    'no list',
    '# head\ngpu: { exclude: [0] } # one\n',
    '# head\ngpu: {exclude: [0]} # one\nwatch:\n  - /b\n  - /c\n',
  ],
])('sets %s and leaves the rest', (_, text, edited) => {
  expect(editConfig(text, { watch: ['/b', '/c'] })).toBe(edited);
  expect(editConfig(edited, { watch: ['/b', '/c'] })).toBe(edited);
});

it('makes the maps above it, and quotes what YAML would read as something else', () => {
  const text = editConfig('apiVersion: mlenv/v1\n', { 'people.admins.users': ['ada', '1000'] });
  expect(text).toBe(
    'apiVersion: mlenv/v1\npeople:\n  admins:\n    users:\n      - ada\n      - "1000"\n',
  );
  expect(editConfig(text, { 'people.admins.users': [] })).toContain('users: []');
  expect(editConfig('watch: [/a]\n', { watch: ['/a,b', '/c: d'] })).toBe(
    'watch: ["/a,b", "/c: d"]\n',
  );
});

it('keeps the maps that stay, and writes new ones', () => {
  const text = 'watch:\n  - path: /a # one\n    start: automatic\n  - /b\n# end\n';
  const watch = [
    { path: '/a', start: 'automatic' },
    { path: '/b', start: 'automatic' },
  ];
  const edited = editConfig(text, { watch });
  expect(edited).toBe(
    'watch:\n  - path: /a # one\n    start: automatic\n  - { path: /b, start: automatic }\n# end\n',
  );
  expect(editConfig(edited, { watch })).toBe(edited);
  expect(editConfig('watch: [/b]\n', { watch: watch.slice(0, 1) })).toBe(
    'watch: [{ path: /a, start: automatic }]\n',
  );
});
