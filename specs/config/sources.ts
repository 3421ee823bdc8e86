import {
  defaultGitLimits,
  type GitCredentials,
  type SourceConfig,
} from '../../controller/model/git.ts';
import { isRef, protocolOf } from '../../controller/model/git-url.ts';
import { fault, type Path } from '../fault.ts';
import { durationOf, sizeOf, type Range, type Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';
import { eachNamed } from './named.ts';
import { formatDuration, formatSize } from '../units.ts';
import type { ConfigSource } from './types.generated.ts';

/** Sources of the schema's form to what git is asked for. */
export const sourcesOf = (
  sources: readonly ConfigSource[],
  report: Report,
): readonly SourceConfig[] =>
  eachNamed(sources, { list: 'sources', report }, (entry, path) => sourceOf(entry, path, report));

const sourceOf = (source: ConfigSource, path: Path, report: Report): SourceConfig => {
  const { name, url, ref = 'main', owner = null } = source;
  const protocol = protocolOf(url);
  if (protocol === null || protocol === 'http') {
    report(
      fault('E_FORMAT', [...path, 'url'], {
        message: `${quoted(withoutSecret(url))} is no address that MLEnv asks`,
        hint: 'write https://host/path, ssh://user@host/path, user@host:path or file:///path, without a password: token and key name files',
      }),
    );
  }
  if (!isRef(ref)) {
    const message = `${quoted(ref)} is no name of a branch or tag`;
    report(fault('E_FORMAT', [...path, 'ref'], { message, hint: 'write one such as main' }));
  }
  const folder = (source.path ?? '').replace(/\/+$/, '');
  if (folder.split('/').some((part) => part === '..' || part === '.' || part === '.git')) {
    const message = `${quoted(folder)} does not lie in the repository`;
    report(fault('E_PATH', [...path, 'path'], { message, hint: 'write it from the top' }));
  }
  if (source.token !== undefined && protocol !== 'https') {
    report(wrongPair(path, 'token', 'https'));
  }
  if (source.key !== undefined && protocol !== 'ssh') report(wrongPair(path, 'key', 'ssh'));
  return {
    name,
    url,
    ref,
    path: folder,
    owner,
    pollMs: durationOf(source.poll ?? '60s', [...path, 'poll'], pollRange, report),
    credentials: credentialsOf(source),
    hookSecretFile: source.webhook?.secretFile ?? null,
    limits: {
      ...defaultGitLimits,
      maxBytes:
        source.maxSize === undefined
          ? defaultGitLimits.maxBytes
          : sizeOf(source.maxSize, [...path, 'maxSize'], sizeRange, report),
    },
  };
};

const credentialsOf = ({ token, key }: ConfigSource): GitCredentials => {
  if (token !== undefined) return { kind: 'token', user: token.user ?? 'git', file: token.file };
  if (key === undefined) return { kind: 'none' };
  return { kind: 'key', file: key.file, knownHosts: key.knownHosts ?? defaultKnownHosts };
};

/** As it would be written. */
export const sourceValue = ({
  name,
  url,
  ref,
  path,
  owner,
  pollMs,
  credentials,
  limits,
  hookSecretFile,
}: SourceConfig): ConfigSource => ({
  name,
  url,
  ref,
  path,
  ...(owner === null ? {} : { owner }),
  poll: formatDuration(pollMs),
  ...(credentials.kind === 'token'
    ? { token: { user: credentials.user, file: credentials.file } }
    : {}),
  ...(credentials.kind === 'key'
    ? { key: { file: credentials.file, knownHosts: credentials.knownHosts } }
    : {}),
  maxSize: formatSize(limits.maxBytes),
  ...(hookSecretFile === null ? {} : { webhook: { secretFile: hookSecretFile } }),
});

const defaultKnownHosts = '/etc/ssh/ssh_known_hosts';

const wrongPair = (
  path: Path,
  field: 'token' | 'key',
  protocol: string,
): ReturnType<typeof fault> =>
  fault('E_CONFLICT', [...path, field], {
    at: 'key',
    message: `${field} is for addresses of ${protocol}`,
    hint: `take it out, or write an address of ${protocol}`,
  });

/** A fault must not spread what it complains of. */
const withoutSecret = (url: string): string => url.replace(/\/\/[^/@]*@/, '//…@');

const pollRange: Range = { min: 10_000, max: 86_400_000, says: '10s to 1d' };
const sizeRange: Range = { min: 2 ** 20, max: 2 ** 40, says: '1MB to 1TB' };
