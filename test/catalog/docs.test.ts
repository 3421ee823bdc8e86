import { expect, it } from 'vitest';
import { type FaultRow, registryFaults } from '../../controller/model/registry-faults.ts';
import { committed } from '../support/generated.ts';

const begin =
  '<!-- Generated from controller/model/registry-faults.ts: run this with UPDATE=1. -->\n\n';

it('docs/registry.md has every fault', () => {
  const rows = Object.entries<FaultRow>(registryFaults).map(
    ([code, { says, cure }]) => `| \`${code}\` | ${says} | ${cure} |`,
  );
  const table = ['| Fault | What it says | What to do |', '| --- | --- | --- |', ...rows, ''];
  const [head = ''] = committed('docs/registry.md').split(begin);
  const text = `${head}${begin}${table.join('\n')}`;
  expect(committed('docs/registry.md', text)).toBe(text);
});
