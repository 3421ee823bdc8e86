import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSourceTrees } from '../../controller/git/trees.ts';
import { createGit } from '../../controller/git/run.ts';
import { defaultGitLimits, type SourceConfig } from '../../controller/model/git.ts';
import { quietConfig, quietHost } from '../support/quiet-host.ts';
import { type Cost, cost, memoryInstance, settled } from './memory-instance.ts';

export interface RemotesFigures {
  readonly remotes: number;
  /** Each asks all remotes at once, with nothing new in them. */
  readonly polls: readonly Cost[];
  /** At any moment of them: what MLEnv started, and with what git itself started. */
  readonly mostStarted: number;
  readonly mostProcesses: number;
}

const measure = async (remotes: number, rounds: number): Promise<RemotesFigures> => {
  const instance = memoryInstance();
  const { base, engine, troubles } = instance;
  const sources = Array.from({ length: remotes }, (_, at) => source(base, at));
  const git = createGit({ home: base, env: process.env });
  const config = {
    ...quietConfig({ subnets: { base: '10.0.0.0/8', prefix: 26 } }),
    sources,
  };
  const controller = instance.begin({
    ...quietHost(config),
    trees: createSourceTrees({
      git,
      root: join(base, 'sources'),
      secretTrouble: () => Promise.resolve(null),
      ownerOf: () =>
        Promise.resolve({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }),
    }),
  });
  try {
    await controller.start();
    await settled(controller.core, engine, remotes);
    const polls: Cost[] = [];
    let [mostStarted, mostProcesses] = [0, 0];
    const looking = setInterval(() => {
      mostStarted = Math.max(mostStarted, childrenOf(process.pid).length);
      mostProcesses = Math.max(mostProcesses, below(process.pid));
    }, 5);
    for (let round = 0; round < rounds; round += 1) {
      polls.push(
        await cost(async () => {
          for (const { name } of sources) controller.core.sources.enqueue(name);
          await controller.core.sources.idle();
        }),
      );
    }
    clearInterval(looking);
    if (troubles.length > 0) throw new Error(troubles.slice(0, 3).join('\n'));
    return { remotes, polls, mostStarted, mostProcesses };
  } finally {
    await controller.end();
    instance.remove();
  }
};

/** A bare repository with one commit, as a remote that lies on a disk. */
const source = (base: string, at: number): SourceConfig => {
  const name = `r${at}`;
  const [work, bare] = [join(base, 'work'), join(base, 'remotes', `${name}.git`)];
  if (at === 0) {
    mkdirSync(work);
    run(work, 'init', '--quiet', '--initial-branch=main');
    run(work, 'config', 'user.name', 'Ada');
    run(work, 'config', 'user.email', 'ada@example.org');
  }
  const environments = { train: { image: 'app:1', command: ['sleep', 'infinity'] } };
  writeFileSync(join(work, 'mlenv.yaml'), JSON.stringify({ apiVersion: 'mlenv/v1', environments }));
  if (at === 0) {
    run(work, 'add', '--all');
    run(work, 'commit', '--quiet', '--message=Train');
  }
  run(base, 'clone', '--quiet', '--bare', work, bare);
  return {
    name,
    url: `file://${bare}`,
    ref: 'main',
    credentials: { kind: 'none' },
    limits: defaultGitLimits,
    path: '',
    owner: null,
    hookSecretFile: null,
    // Only when this program says so.
    pollMs: 86_400_000,
  };
};

const run = (cwd: string, ...args: readonly string[]): void => {
  execFileSync('git', [...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
};

/** How many processes are below one, at any depth. */
const below = (pid: number): number =>
  childrenOf(pid).reduce((sum, child) => sum + 1 + below(child), 0);

const childrenOf = (pid: number): readonly number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((child) => child !== '')
        .map(Number),
    );
  } catch {
    // It ended in between.
    return [];
  }
};

const [remotes = '200', rounds = '3'] = process.argv.slice(2);
console.log(JSON.stringify(await measure(Number(remotes), Number(rounds))));
