import type { Attack } from './attack.ts';
import { shell, tryProject, upToRest } from './ground.ts';

/** The image's own root gives a program of the host to root, with the setuid bit, in a folder that mallory runs it from. */
export const rootByImage: Attack = {
  name: 'root by the image, over the workspace',
  prize: 'a setuid-root program on the host',
  off: 'owners-identity',
  play: async (ground) => {
    const { machine, treasure } = ground;
    const project = await tryProject(ground, 'mallory', {
      waits: false,
      folder: 'by-image',
      prepare: 'cp "$(command -v head)" head',
      environments: {
        root: {
          user: 'image',
          workspace: '/w',
          command: ['sh', '-c', 'cp /w/head /w/h; chown 0:0 /w/h; chmod 4755 /w/h'],
        },
      },
    });
    const became = await upToRest(ground.machine, 'mallory', project.path);
    const seen = await shell(
      machine,
      'mallory',
      `ls -ln by-image; by-image/h -c 100 ${treasure.path}`,
    );
    await project.remove();
    return { won: seen.includes(treasure.text), seen: `${became}\n${seen}` };
  },
};
