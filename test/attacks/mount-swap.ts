import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { alice, type Attack, type Ground } from './attack.ts';
import { told, tryProject } from './ground.ts';

const off = 'mounts-compared';
const secret = 'draft-of-alice-3e88';

/** Everybody may read it, and nobody gets there: alice's home is closed, and the engine mounts as root. */
const layDraft = ({ machine }: Ground): string => {
  const folder = join(machine.home('alice'), 'drafts');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'draft');
  writeFileSync(path, `${secret}\n`, { mode: 0o644 });
  for (const each of [folder, path]) chownSync(each, alice.uid, alice.uid);
  chmodSync(folder, 0o755);
  chmodSync(machine.home('alice'), 0o700);
  return folder;
};

/** With the best of luck: after the last look of the product, and before the engine mounts; then as it was. */
const swapAtStart = ({ proxy }: Ground, box: string, to: string): void => {
  let isSwapped = false;
  proxy.setFault((method, path) => {
    if (method !== 'POST' || !path.startsWith('/containers/')) {
      if (isSwapped && method === 'DELETE') isSwapped = unswap(box);
    } else if (path.includes('/start') && !isSwapped) {
      renameSync(box, `${box}.kept`);
      symlinkSync(to, box);
      isSwapped = true;
    }
    return 'none';
  });
};

const unswap = (box: string): false => {
  rmSync(box);
  renameSync(`${box}.kept`, box);
  return false;
};

/** Reads late: a container that reads at once and ends is not what is guarded against (decision 0034). */
const environments = {
  ear: {
    workspace: false,
    mounts: [{ source: './box', target: '/box', readOnly: true }],
    command: ['sh', '-c', 'sleep 5; cat /box/draft; sleep 600'],
  },
};

const swapped = (name: string, folder: string, isLater: boolean): Attack => ({
  name,
  prize: "what lies behind alice's closed home",
  off,
  play: async (ground) => {
    const { machine, proxy } = ground;
    const drafts = layDraft(ground);
    const box = join(machine.home('mallory'), folder, 'box');
    if (!isLater) swapAtStart(ground, box, drafts);
    const project = await tryProject(ground, 'mallory', {
      folder,
      environments,
      prepare: 'mkdir box',
      waits: isLater,
    });
    let seen = told(project.up);
    if (isLater) {
      seen += told(await machine.mlenv('mallory', ['down', project.path]));
      swapAtStart(ground, box, drafts);
      seen += told(await machine.mlenv('mallory', ['up', '--no-wait', project.path]));
    }
    let heard = '';
    for (let tries = 0; tries < 12 && !heard.includes(secret); tries += 1) {
      await setTimeout(1000);
      heard = told(await machine.mlenv('mallory', ['logs', 'ear'], project.path));
    }
    proxy.setFault(() => 'none');
    for (const what of ['status', 'events']) {
      seen += `\n${told(await machine.mlenv('mallory', [what], project.path))}`;
    }
    if (lstatSync(box).isSymbolicLink()) unswap(box);
    await project.remove();
    return { won: heard.includes(secret), seen: `${heard}\n${seen}` };
  },
});

export const swappedFolders: readonly Attack[] = [
  swapped('a folder that is a link by the time it is mounted', 'swap-first', false),
  swapped('a folder that is a link at a later start of the same container', 'swap-later', true),
];
