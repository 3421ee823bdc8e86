import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The second disk: the product as its package holds it, with what it needs at run time, and the journeys. */
export const makePayload = (root: string, folder: string, withOld: boolean): string => {
  const files = join(folder, 'payload');
  const disk = join(folder, 'payload.raw');
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files, { recursive: true });
  // The build was made before; npm's own would make it once more.
  const packed = execFileSync(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', files],
    { cwd: root, encoding: 'utf8' },
  );
  execFileSync('tar', ['-xzf', join(files, packed.trim().split('\n').at(-1) ?? ''), '-C', files]);
  for (const path of runtimePackages(root)) {
    const to = join(files, 'package', path);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(root, path), to, { recursive: true, filter: (from) => !isSource(from) });
  }
  for (const name of ['main', 'lib.sh', 'figures.py', 'journeys', 'sabotage']) {
    cpSync(join(root, 'test', 'host', name), join(files, name), { recursive: true });
  }
  if (withOld) makeOld(root, files);
  // Compiled modules are of one Node: where this one is another than the machine's, it comes along.
  if (process.versions.modules !== machineModules) cpSync(process.execPath, join(files, 'node'));
  rmSync(disk, { force: true });
  const kilobytes = Number(execFileSync('du', ['-sk', files], { encoding: 'utf8' }).split('\t')[0]);
  const size = `${Math.ceil(kilobytes / 1024) * 2 + 32}M`;
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-d', files, disk, size]);
  rmSync(files, { recursive: true });
  return disk;
};

/** The version before, built from its commit with today's packages, which are those that it names. */
const makeOld = (root: string, files: string): void => {
  const build = join(root, '.cache', 'host', `old-${oldRevision}`);
  if (!existsSync(join(build, 'dist', '.built'))) {
    rmSync(build, { recursive: true, force: true });
    mkdirSync(build, { recursive: true });
    const archive = execFileSync('git', ['archive', oldRevision], {
      cwd: root,
      maxBuffer: 2 ** 28,
    });
    execFileSync('tar', ['-x', '-C', build], { input: archive });
    symlinkSync(join(root, 'node_modules'), join(build, 'node_modules'));
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: build, stdio: 'inherit' });
  }
  const to = join(files, 'old');
  mkdirSync(to);
  for (const part of ['package.json', 'dist', 'schema', 'docs']) {
    cpSync(join(build, part), join(to, part), { recursive: true });
  }
};

const oldRevision = '25bfa67';

/** `process.versions.modules` of Debian 13's Node 20. */
const machineModules = '115';

/** SQLite's and its module's source, which is only for compiling. */
const isSource = (path: string): boolean =>
  /better-sqlite3\/(?:deps|src|build\/Release\/(?:obj|test_extension))/.test(path);

/** What `npm install --omit=dev` would lay out, as the lock in node_modules says. */
const runtimePackages = (root: string): readonly string[] => {
  const { packages } = JSON.parse(
    readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8'),
  ) as { packages: Record<string, { dev?: boolean; devOptional?: boolean }> };
  return Object.entries(packages)
    .filter(([path, { dev }]) => dev !== true && existsSync(join(root, path)))
    .map(([path]) => path)
    .filter((path, _, all) => !all.some((other) => path.startsWith(`${other}/`)));
};
