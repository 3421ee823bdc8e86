import type {
  CatalogueState,
  ExportedImage,
  ImageDetails,
  ImageItem,
  LockedImage,
  PruneItem,
  SyncItem,
  VersionItem,
} from '../../controller/model/catalogue-api.ts';
import type {
  CatalogueImage,
  CatalogueVersion,
  VersionFacts,
} from '../../controller/model/catalogue.ts';

export const catalogueImage = (changes: Partial<CatalogueImage> = {}): CatalogueImage => ({
  organization: 'nvidia',
  team: '',
  name: 'pytorch',
  displayName: 'PyTorch',
  category: 'pytorch',
  description: 'Tensors and networks',
  createdAt: null,
  updatedAt: null,
  ...changes,
});

export const facts = (changes: Partial<VersionFacts> = {}): VersionFacts => ({
  digest: `sha256:${'a'.repeat(64)}`,
  sizeBytes: 9_400_000_000,
  createdAt: Date.UTC(2024, 4, 20),
  cuda: '12.4',
  cudaFull: '12.4.1.003',
  python: '3.10',
  framework: '2.4.0a0+07cecf4168',
  minDriver: '550.54.15',
  architectures: ['amd64', 'arm64'],
  ...changes,
});

export const catalogueVersion = (
  tag = '24.05-py3',
  changes: Partial<VersionFacts> = {},
): CatalogueVersion => ({ ...facts(changes), tag });

export const exportedImage = (changes: Partial<ExportedImage> = {}): ExportedImage => ({
  ...catalogueImage(),
  versions: [catalogueVersion()],
  ...changes,
});

export const syncItem = (changes: Partial<SyncItem> = {}): SyncItem => ({
  scope: 'nvidia',
  state: 'complete',
  why: '',
  by: 'ada',
  startedAt: '2024-12-31T20:00:00.000Z',
  finishedAt: '2024-12-31T22:00:00.000Z',
  images: 40,
  listed: 40,
  versions: 1000,
  checked: 1000,
  retired: 3,
  unchanged: 0,
  ...changes,
});

export const catalogueState = (changes: Partial<CatalogueState> = {}): CatalogueState => ({
  images: 12,
  origins: { starter: 12 },
  syncedAt: null,
  syncs: [],
  ...changes,
});

export const imageItem = (changes: Partial<ImageItem> = {}): ImageItem => ({
  repository: 'nvidia/pytorch',
  title: 'PyTorch',
  category: 'pytorch',
  description: 'Tensors and networks',
  tags: 2,
  newestTag: '24.05-py3',
  updatedAt: '2024-12-29T00:01:00.000Z',
  origin: 'starter',
  problem: null,
  ...changes,
});

export const versionItem = (changes: Partial<VersionItem> = {}): VersionItem => ({
  reference: 'nvcr.io/nvidia/pytorch:24.05-py3',
  repository: 'nvidia/pytorch',
  tag: '24.05-py3',
  category: 'pytorch',
  digest: `sha256:${'a'.repeat(64)}`,
  sizeBytes: 9_400_000_000,
  cuda: '12.4',
  cudaFull: '12.4.1.003',
  python: '3.10',
  framework: '2.4.0a0+07cecf4168',
  architectures: ['amd64', 'arm64'],
  cached: false,
  driver: { verdict: 'minor', message: 'needs driver ≥ 550; this host has 535' },
  origin: 'sync',
  checkedAt: '2024-12-31T23:00:00.000Z',
  problem: null,
  ...changes,
});

export const imageDetails = (changes: Partial<ImageDetails> = {}): ImageDetails => ({
  catalogue: catalogueState(),
  host: { version: '535.183.01', cuda: '12.2' },
  item: versionItem(),
  title: 'PyTorch',
  description: 'Tensors and networks',
  createdAt: '2024-05-20T00:00:00.000Z',
  manifest: { schemaVersion: 2 },
  ...changes,
});

export const pruneItem = (changes: Partial<PruneItem> = {}): PruneItem => ({
  reference: 'nvcr.io/nvidia/pytorch:23.01-py3',
  imageId: `sha256:${'b'.repeat(64)}`,
  sizeBytes: 20_000_000_000,
  verdict: 'remove',
  why: 'unused for 41 days',
  ...changes,
});

export const lockedImage = (changes: Partial<LockedImage> = {}): LockedImage => ({
  environment: 'train',
  image: 'pytorch@24.05',
  reference: 'nvcr.io/nvidia/pytorch:24.05-py3',
  digest: `sha256:${'a'.repeat(64)}`,
  trouble: null,
  ...changes,
});
