import type { VersionFacts } from '../model/catalogue.ts';
import type { ResolvedImage } from '../model/registry.ts';
import { imageFacts } from './image-facts.ts';

/** What the catalogue keeps of an image that a registry has shown. */
export const versionFacts = (image: ResolvedImage): VersionFacts => {
  const facts = imageFacts(image.config);
  const architectures = image.platforms
    .filter((platform) => platform.startsWith('linux/'))
    .map((platform) => platform.split('/')[1] ?? '');
  return {
    digest: image.digest,
    sizeBytes: image.compressedBytes,
    createdAt: facts.createdAt,
    cuda: facts.cuda,
    cudaFull: facts.cudaFull,
    python: facts.python,
    framework: facts.frameworkVersion,
    minDriver: facts.driver,
    architectures: [...new Set(architectures.length === 0 ? [image.architecture] : architectures)],
  };
};
