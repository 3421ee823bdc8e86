import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alice, gid, mallory, type Attack, type Ground } from './attack.ts';
import { shell, told, tryProject, upToRest } from './ground.ts';

const off = 'owners-identity';
const secret = 'secret-of-alice-91c4';

/** A file of alice's in the mount root that only its group may read besides; gives back its path. */
const layForGroup = ({ data }: Ground): string => {
  const path = join(data, 'for-vault');
  writeFileSync(path, secret);
  chownSync(path, alice.uid, gid.vault);
  chmodSync(path, 0o640);
  return path;
};

/** A program of the host, given the group by the container, that mallory runs on the host. */
const setgid = (group: number): object => ({
  workspace: '/w',
  command: ['sh', '-c', `cp /w/head /w/h; chgrp ${group} /w/h; chmod 2755 /w/h`],
});

export const groupOfOthers: Attack = {
  name: 'a group that mallory is not in, over the workspace',
  prize: 'a setgid program on the host',
  off,
  play: async (ground) => {
    const path = layForGroup(ground);
    const project = await tryProject(ground, 'mallory', {
      waits: false,
      folder: 'by-group',
      prepare: 'cp "$(command -v head)" head',
      environments: {
        group: { ...setgid(gid.vault), user: `${mallory.uid}:${gid.vault}` },
      },
    });
    const became = await upToRest(ground.machine, 'mallory', project.path);
    const seen = await shell(
      ground.machine,
      'mallory',
      `ls -ln by-group; by-group/h -c 100 ${path}`,
    );
    await project.remove();
    return { won: seen.includes(secret), seen: `${became}\n${seen}` };
  },
};

/** Folders below one with the setgid bit have its group, whoever makes them, and `user: host` goes by the folder. */
export const groupOfFolder: Attack = {
  name: 'the group that a folder has from the one above it',
  prize: 'a setgid program on the host',
  off,
  play: async (ground) => {
    const { machine } = ground;
    const path = layForGroup(ground);
    const drop = join(machine.homes, 'drop');
    mkdirSync(drop);
    chownSync(drop, 0, gid.vault);
    chmodSync(drop, 0o3777);
    await shell(machine, 'mallory', `mkdir ${drop}/p && cp "$(command -v head)" ${drop}/p/head`);
    const wish = { image: ground.image, restart: 'never', ...setgid(gid.vault) };
    await shell(
      machine,
      'mallory',
      `cat >${drop}/p/mlenv.yaml <<'X'\n${JSON.stringify({ apiVersion: 'mlenv/v1', environments: { group: wish } })}\nX`,
    );
    const up = await upToRest(machine, 'mallory', join(drop, 'p'));
    const seen = await shell(machine, 'mallory', `ls -ln ${drop}/p; ${drop}/p/h -c 100 ${path}`);
    await machine.mlenv('mallory', ['rm', join(drop, 'p')]);
    rmSync(drop, { recursive: true, force: true });
    return { won: seen.includes(secret), seen: `${up}\n${seen}` };
  },
};

const readsAs = (name: string, user: string): Attack => ({
  name,
  prize: "what lies in alice's closed folder below a mount root",
  off,
  play: async (ground) => {
    const path = join(ground.data, 'alice', 'diary');
    writeFileSync(path, secret, { mode: 0o600 });
    chownSync(path, alice.uid, alice.uid);
    const project = await tryProject(ground, 'mallory', {
      waits: false,
      folder: 'reader',
      environments: {
        reader: {
          user,
          workspace: false,
          mounts: [{ source: ground.data, target: '/d', readOnly: true }],
          command: ['cat', '/d/alice/diary'],
        },
      },
    });
    const became = await upToRest(ground.machine, 'mallory', project.path);
    const logs = told(await ground.machine.mlenv('mallory', ['logs', 'reader'], project.path));
    await project.remove();
    return { won: logs.includes(secret), seen: `${became}\n${logs}` };
  },
});

export const otherIds: readonly Attack[] = [
  groupOfOthers,
  groupOfFolder,
  readsAs("alice's number, below a mount root, read-only", `${alice.uid}:${alice.uid}`),
  readsAs('root written as 00:00, below a mount root, read-only', '00:00'),
  readsAs('root by the image, below a mount root, read-only', 'image'),
];
