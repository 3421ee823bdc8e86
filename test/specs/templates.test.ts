import { expect, test } from 'vitest';
import { templateNames, templateText } from '../../specs/templates.ts';
import { readSpec, renderSpec } from '../support/read-spec.ts';

test.each(templateNames)(
  'the template %s is a good file that points editors to the schema',
  async (name) => {
    const text = templateText(name, { schema: './mlenv.schema.json', project: 'vision' });
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./mlenv.schema.json');
    expect(await renderSpec(text)).toBe('');
    const read = await readSpec(text);
    expect(read.ok ? read.wish.name : '').toBe('vision');
    expect(read.ok ? read.wish.environments.length : 0).toBeGreaterThan(0);
  },
);
