import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHostConfig } from '../../specs/config/index.ts';
import { read, root } from './package.ts';

const folder = join(root, '.ci/deb');

test.each(readdirSync(folder).filter((name) => !name.includes('.')))(
  '%s is a shell script',
  (name) => {
    expect(spawnSync('sh', ['-n', join(folder, name)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  },
);

test('the unit names the command where setup has it, which the package replaces by its own', () => {
  expect(read('docs/systemd/mlenv.service')).toMatch(/^ExecStart=\/usr\/local\/bin\/mlenv /m);
  expect(read('.ci/package')).toContain("sed 's#/usr/local/bin/mlenv#/usr/bin/mlenv#'");
});

test('it brings the units that setup writes where it brings none itself', () => {
  expect(read('.ci/package')).toMatch(/grep -E '\^\([^']*docs\/systemd/);
});

test('the configuration that it lays down is one', () => {
  const text = read('.ci/deb/config.yaml');
  const commented = text.replaceAll('# watch', 'watch').replaceAll('# people', 'people');
  for (const each of [text, commented]) {
    expect(readHostConfig({ text: Buffer.from(each), file: 'config.yaml', env: {} })).toMatchObject(
      {
        ok: true,
      },
    );
  }
});
