import type { PolicyConfig } from '../model/config.ts';
import type { PolicyFault } from '../model/policy.ts';

/** Where an image comes from, and whether its name can mean another one tomorrow. */
export const imageFaults = (image: string, allowed: readonly string[]): readonly PolicyFault[] => {
  const repository = repositoryOf(image);
  const path = ['image'];
  const isAllowed = allowed.some((pattern) => matches(pattern, repository)) && !isId(image);
  return [
    ...(allowed.length === 0 || isAllowed
      ? []
      : [
          {
            rule: 'MLE-SEC-025',
            path,
            message: `${repository} is not among the allowed repositories`,
          } as const,
        ]),
    ...(hasDigest(image)
      ? []
      : [
          {
            rule: 'MLE-SEC-026',
            path,
            message: `${tagOf(image)} may mean another image tomorrow`,
          } as const,
        ]),
  ];
};

/**
 * Whether users may make this host ask for it; null: they may. Where a project has an exception that still counts,
 * its own policy judges later: who asks is not known here.
 */
export const imageRefusal = (
  image: string,
  { images, exceptions }: Pick<PolicyConfig, 'images' | 'exceptions'>,
  now: number,
): string | null => {
  if (exceptions.some(({ rule, until }) => rule === 'MLE-SEC-025' && until > now)) return null;
  return imageFaults(image, images).find(({ rule }) => rule === 'MLE-SEC-025')?.message ?? null;
};

/**
 * `docker.io/library/python` of `python:3.12`: a first segment with a dot, a colon or a capital is a
 * registry, as is localhost; all else is Docker Hub's. `index.docker.io` is the same one.
 */
export const repositoryOf = (image: string): string => {
  const [named = ''] = image.split('@');
  const bare = named.replace(/:[^/:]*$/, '');
  const [first = '', ...rest] = bare.split('/');
  const hasRegistry = rest.length > 0 && (/[.:A-Z]/.test(first) || first === 'localhost');
  const registry = hasRegistry
    ? first.replace(/^(index|registry-1)\.docker\.io$/, 'docker.io')
    : 'docker.io';
  const path = hasRegistry ? rest : [first, ...rest];
  const short = registry === 'docker.io' && path.length === 1;
  return [registry, ...(short ? ['library'] : []), ...path].join('/');
};

/** Segment by segment: no pattern reaches into another registry or beside a folder's name. */
const matches = (pattern: string, repository: string): boolean => {
  const wanted = withRegistry(pattern).split('/');
  const given = repository.split('/');
  const open = wanted.at(-1) === '*';
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, index) => fits(segment, given[index] ?? ''));
};

/** A pattern that names no registry is one of Docker Hub, as an image is. */
const withRegistry = (pattern: string): string => {
  const [first = '', ...rest] = pattern.split('/');
  if (/[.:]/.test(first) || first === 'localhost') return pattern;
  return rest.length === 0 ? `docker.io/library/${pattern}` : `docker.io/${pattern}`;
};

const fits = (segment: string, given: string): boolean =>
  segment.endsWith('*') ? given.startsWith(segment.slice(0, -1)) : given === segment;

/** The engine takes the beginning of an id for the image that bears it, wherever that came from. */
const isId = (image: string): boolean => /^(sha256:)?[0-9a-f]{4,64}$/.test(image);

const hasDigest = (image: string): boolean => /@sha256:[0-9a-f]{64}$/.test(image);

const tagOf = (image: string): string => {
  const tag = /:([^/:@]+)(@|$)/.exec(image)?.[1];
  return tag === undefined ? 'an image without a tag, which is latest,' : `the tag ${tag}`;
};
