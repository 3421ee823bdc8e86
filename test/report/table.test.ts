import { expect, it } from 'vitest';
import { renderTable } from '../../controller/report/table.ts';

it('looks like kubectl: columns in line, no borders, no trailing blanks', () => {
  const shown = renderTable(
    ['NAME', 'PHASE', 'AGE'],
    [
      ['vision/db', 'Running', '5m'],
      ['漢字/notebook', 'Pending', '-'],
    ],
  );
  expect(shown).toMatchInlineSnapshot(`
    "NAME            PHASE     AGE
    vision/db       Running   5m
    漢字/notebook   Pending   -
    "
  `);
});
