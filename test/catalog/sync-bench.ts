import type { SyncOptions } from '../../controller/catalog/sync.ts';
import { registryFaults, type RegistryFaultCode } from '../../controller/model/registry-faults.ts';
import type {
  CatalogueEntry,
  CataloguePage,
  RegistryResult,
  ResolvedImage,
  TagPage,
} from '../../controller/model/registry.ts';
import { facts } from '../support/image-builders.ts';

/** A catalogue and its registry, in memory. Tests change it as they go. */
export class FakeRegistry {
  /** Tags with what they name, by repository. */
  readonly images = new Map<string, Map<string, string>>();
  /** By repository, or by reference. */
  readonly faults = new Map<string, RegistryFaultCode>();
  readonly asked: string[] = [];
  isWhole = true;
  /** Whether it says so of all that it is asked again for. */
  isUnchanged = false;
  /** Runs before each answer; may throw, as a process that dies there. */
  onAsk: (number: number) => void = () => undefined;

  put(repository: string, ...tags: readonly string[]): void {
    this.images.set(repository, new Map(tags.map((tag) => [tag, `${repository}:${tag}`])));
  }

  readonly search: SyncOptions['search'] = {
    pages: (options) => this.#pages(options.query),
  };

  async *#pages(query: string | null): AsyncGenerator<RegistryResult<CataloguePage>> {
    this.#ask('search');
    const code = this.faults.get('search');
    if (code !== undefined) {
      yield failed(code);
      return;
    }
    const names = [...this.images.keys()].filter((name) => query === null || name.includes(query));
    for (const [page, repository] of names.entries()) {
      const isLast = page === names.length - 1;
      yield {
        ok: true,
        value: {
          page,
          entries: [entry(repository)],
          total: names.length,
          complete: isLast && this.isWhole,
          skipped: [],
          unchanged: this.isUnchanged,
        },
      };
    }
  }

  readonly registry: SyncOptions['registry'] = {
    tags: (repository) => this.#tags(plain(repository)),
    resolve: async (reference, { arch }) => {
      const named = this.#named('resolve', plain(reference));
      if (!named.ok) return named;
      const [repository, tag] = plain(reference).split(':');
      if (tag?.includes('arm') === true && arch !== 'arm64') return failed('PlatformMissing');
      return { ok: true, value: resolved(named.value, `${repository}:${tag}`) };
    },
    digest: async (reference) => {
      const named = this.#named('digest', plain(reference));
      return named.ok ? { ok: true, value: digestOf(named.value) } : named;
    },
  };

  async *#tags(repository: string): AsyncGenerator<RegistryResult<TagPage>> {
    this.#ask(`tags ${repository}`);
    const code = this.faults.get(repository);
    if (code !== undefined) {
      yield failed(code);
      return;
    }
    const all = [...(this.images.get(repository)?.keys() ?? [])];
    const half = Math.ceil(all.length / 2);
    const unchanged = this.isUnchanged;
    yield { ok: true, value: { tags: all.slice(0, half), next: 'more', unchanged } };
    yield { ok: true, value: { tags: all.slice(half), next: null, unchanged } };
  }

  #named(what: string, reference: string): RegistryResult<string> {
    this.#ask(`${what} ${reference}`);
    const [repository = '', tag = ''] = reference.split(':');
    const code = this.faults.get(reference) ?? this.faults.get(repository);
    const content = this.images.get(repository)?.get(tag);
    if (code !== undefined) return failed(code);
    return content === undefined ? failed('NotFound') : { ok: true, value: content };
  }

  #ask(what: string): void {
    this.asked.push(what);
    this.onAsk(this.asked.length);
  }
}

export const digestOf = (content: string): string =>
  `sha256:${Buffer.from(content).toString('hex').padEnd(64, '0').slice(-64)}`;

export const factsOf: SyncOptions['factsOf'] = ({ digest, compressedBytes }) =>
  facts({ digest, sizeBytes: compressedBytes });

const plain = (reference: string): string => reference.replace(/^nvcr\.io\//, '');

const failed = (code: RegistryFaultCode) => {
  const { kind, says, cure } = registryFaults[code];
  const fault = { code, kind, message: says, cure, status: null, retryAfterMs: null };
  return { ok: false as const, fault };
};

const entry = (repository: string): CatalogueEntry => {
  const [org = '', ...rest] = repository.split('/');
  const name = rest.pop() ?? '';
  return {
    repository,
    org,
    team: rest[0] ?? '',
    name,
    displayName: name.toUpperCase(),
    description: '',
    labels: {},
    latestTag: null,
    sizeBytes: null,
    createdAt: null,
    updatedAt: 1_700_000_000_000,
    isPublic: true,
    canGuestPull: true,
    raw: '{}',
  };
};

const resolved = (content: string, reference: string): ResolvedImage => ({
  digest: digestOf(content),
  platformDigest: digestOf(content),
  architecture: 'amd64',
  variant: null,
  platforms: ['linux/amd64'],
  compressedBytes: content.length,
  manifestType: 'application/vnd.oci.image.manifest.v1+json',
  manifest: JSON.stringify({ of: reference }),
  config: {
    architecture: 'amd64',
    os: 'linux',
    variant: null,
    created: null,
    env: [],
    labels: {},
    history: [],
  },
});
