import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { alice, gid, type Attack, type Ground } from './attack.ts';
import { shell, told, tryProject } from './ground.ts';

const off = 'files-judged';
const secret = 'letter-of-alice-77d0';

/** Hers alone, in a folder that nobody else may enter. */
const layLetter = ({ machine }: Ground): string => {
  const folder = join(machine.home('alice'), 'letters');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'letter');
  writeFileSync(path, `LETTER=${secret}\n`);
  for (const each of [folder, path]) chownSync(each, alice.uid, alice.uid);
  chmodSync(folder, 0o700);
  chmodSync(path, 0o600);
  return path;
};

/** What the container of mallory's says, whose files `prepare` has laid. */
const heard = async (
  ground: Ground,
  folder: string,
  { prepare, wish }: { readonly prepare: string; readonly wish: object },
): Promise<string> => {
  const { machine } = ground;
  const project = await tryProject(ground, 'mallory', {
    folder,
    prepare,
    environments: { ear: { workspace: false, ...wish } },
  });
  const logs = told(await machine.mlenv('mallory', ['logs', 'ear'], project.path));
  const status = told(await machine.mlenv('mallory', ['status', project.path]));
  await project.remove();
  return `${told(project.up)}\n${logs}\n${status}`;
};

const say = { command: ['sh', '-c', 'echo "has $LETTER"; sleep 2'] };

const linkedEnvFile: Attack = {
  name: 'an environment file that is a link to another’s',
  prize: 'what stands in a file that alice alone may read',
  off,
  play: async (ground) => {
    const letter = layLetter(ground);
    const wish = { ...say, envFile: 's.env' };
    const seen = await heard(ground, 'linked', { prepare: `ln -s ${letter} s.env`, wish });
    return { won: seen.includes(secret), seen };
  },
};

const linkedFolder: Attack = {
  name: 'an environment file behind a folder that is a link to another’s',
  prize: 'what stands in a file that alice alone may read',
  off,
  play: async (ground) => {
    const letter = layLetter(ground);
    const wish = { ...say, envFile: 'sub/letter' };
    const prepare = `ln -s ${join(letter, '..')} sub`;
    const seen = await heard(ground, 'behind', { prepare, wish });
    return { won: seen.includes(secret), seen };
  },
};

const linkedSecret: Attack = {
  name: 'a secret that is a link to another’s file',
  prize: 'what stands in a file that alice alone may read',
  off,
  play: async (ground) => {
    const letter = layLetter(ground);
    const place = '"$HOME/.config/mlenv/secrets"';
    const seen = await heard(ground, 'secretly', {
      prepare: `mkdir -p ${place} && ln -sfn ${letter} ${place}/TOKEN`,
      wish: { command: ['sh', '-c', 'cat /run/secrets/TOKEN; sleep 2'], secrets: ['TOKEN'] },
    });
    return { won: seen.includes(secret), seen };
  },
};

const leftByRoot: Attack = {
  name: 'a file of root’s that was left in a home, under a new name',
  prize: 'what stands in a file that root alone may read',
  off,
  play: async (ground) => {
    const left = join(ground.machine.home('mallory'), '.left-by-root');
    writeFileSync(left, `LETTER=${ground.treasure.text}\n`, { mode: 0o600 });
    const wish = { ...say, envFile: 's.env' };
    const seen = await heard(ground, 'left', { prepare: `mv ${left} s.env`, wish });
    rmSync(left, { force: true });
    return { won: seen.includes(ground.treasure.text), seen };
  },
};

const writtenByGroup: Attack = {
  name: 'a file that a group may write, in a folder of alice’s',
  prize: 'a program that runs as alice',
  off,
  play: async (ground) => {
    const { machine, image } = ground;
    const path = join(machine.homes, 'shared');
    const wish = (command: string) => ({
      environments: {
        run: { image, stopGrace: '1s', workspace: '/w', command: ['sh', '-c', command] },
      },
    });
    machine.project('alice', path, wish('sleep 600'));
    const file = join(path, 'mlenv.yaml');
    chownSync(file, alice.uid, gid.research);
    chmodSync(file, 0o664);
    let seen = told(await machine.mlenv('alice', ['up', '--timeout', '30s', path]));
    const text = JSON.stringify({ apiVersion: 'mlenv/v1', ...wish('id -u >/w/ran; sleep 600') });
    seen += await shell(machine, 'mallory', `cat >${file} <<'END'\n${text}\nEND`);
    let ran = '';
    for (let tries = 0; tries < 20 && !ran.includes(`${alice.uid}`); tries += 1) {
      await setTimeout(1000);
      ran = await shell(machine, 'mallory', `cat ${path}/ran`);
    }
    seen += `\n${ran}\n${told(await machine.mlenv('alice', ['status', path]))}`;
    await machine.mlenv('alice', ['rm', path]);
    rmSync(path, { recursive: true, force: true });
    return { won: ran.includes(`exit 0\n${alice.uid}`), seen };
  },
};

/** One thread of the controller each, of which there are four. */
const clones = ['a', 'b', 'c', 'd', 'e'].map((name) => `clone-${name}`);

export const pipesInClones: Attack = {
  name: 'a pipe in the place of mlenv.yaml in a clone, five times',
  prize: 'a controller that answers nobody any more',
  off: 'pipe-waits',
  play: async (ground) => {
    const { machine } = ground;
    const git = 'git -c user.name=m -c user.email=m@example.org';
    let seen = '';
    for (const folder of clones) {
      const { up } = await tryProject(ground, 'mallory', {
        folder,
        prepare: `git init -q . && git add -A && ${git} commit -qm x`,
        environments: { run: { command: ['sleep', '600'] } },
      });
      seen += `${up.code ?? 'none'} `;
    }
    for (const folder of clones) {
      seen += await shell(machine, 'mallory', `cd ${folder} && mkfifo p && mv -f p mlenv.yaml`);
    }
    // It is looked at twice before it is believed.
    await setTimeout(15_000);
    const asked = machine.mlenv('alice', ['status', '--all']);
    const path = machine.project('alice', join(machine.home('alice'), 'waiting'), {
      environments: { run: { image: ground.image, command: ['true'], restart: 'never' } },
    });
    const answer = await Promise.race([
      machine.mlenv('alice', ['up', '--timeout', '20s', path]).then(told),
      setTimeout(40_000, 'no answer'),
    ]);
    seen += `\n${answer}`;
    const won = answer === 'no answer' || !answer.startsWith('exit 0');
    if (!won) {
      await asked;
      await machine.mlenv('alice', ['rm', path]);
      for (const folder of clones) {
        await machine.mlenv('mallory', ['rm', join(machine.home('mallory'), folder)]);
      }
    }
    return { won, seen };
  },
};

export const othersFiles: readonly Attack[] = [
  linkedEnvFile,
  linkedFolder,
  linkedSecret,
  leftByRoot,
  writtenByGroup,
];
