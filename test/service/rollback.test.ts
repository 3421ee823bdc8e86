import { expect, it } from 'vitest';
import { by, folder, running } from './bench.ts';

const request = {
  scope: { kind: 'path', path: folder },
  revision: null,
  resume: false,
  by,
} as const;

it('refuses a folder, and says how to go back there', async () => {
  const world = await running({ web: 'image: app:1' });
  await expect(world.ask((api) => api.rollback(request))).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/vision follows no remote: .*git revert/),
  });
});

it('refuses a source that is no longer configured', async () => {
  const world = await running({ web: 'image: app:1' });
  const id = world.project(folder)?.id ?? '';
  world.process?.store.projects.update(id, { source: 'vision' });
  await expect(world.ask((api) => api.rollback(request))).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('put it back'),
  });
});
