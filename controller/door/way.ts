import { posix } from 'node:path';
import { hold, holdPart, release, type Held } from './descriptor.ts';

/** Each part from the one above it, from `top` down. Ends at a link. Throws, and then holds nothing. */
export const holdWay = async (path: string | Buffer, top = '/'): Promise<readonly Held[]> => {
  const way = [await hold(top, '/')];
  try {
    for (const name of namesOf(path)) {
      const above = way.at(-1);
      if (above === undefined || above.kind === 'symlink') break;
      way.push(await holdPart(above, name));
    }
    return way;
  } catch (error) {
    await release(way);
    throw error;
  }
};

const namesOf = (path: string | Buffer): readonly (string | Buffer)[] =>
  typeof path === 'string'
    ? partsOf(posix.normalize(path))
    : partsOf(posix.normalize(path.toString('latin1'))).map((name) => Buffer.from(name, 'latin1'));

export const partsOf = (path: string): readonly string[] =>
  path.split('/').filter((part) => part !== '' && part !== '.');
