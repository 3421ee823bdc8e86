import { expect, it } from 'vitest';
import { reason, running, up, write } from './bench.ts';

it('keeps what each environment was, newest first', async () => {
  const world = await running({ web: 'image: app:1', db: 'image: app:1' });
  await world.advance(1000);
  write(world, { web: 'image: app:2', db: 'image: app:1' });
  await up(world);
  await world.until('it runs', () => reason(world, 'web') === 'Running');
  await world.advance(5000);
  const of = async (limit: number) =>
    (await world.ask((api) => api.history({ scope: { kind: 'all' }, limit }))).items.map(
      ({ environment, generation, isCurrent, outcome }) =>
        `${environment} ${generation}${isCurrent ? ' now' : ''} ${outcome}`,
    );
  expect(await of(10)).toEqual(['web 2 now Running', 'db 1 now Running', 'web 1 Running']);
  expect(await of(1)).toEqual(['web 2 now Running', 'db 1 now Running']);
});
