import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { ImageSearch } from '../../controller/model/catalogue.ts';
import type { Store } from '../../controller/model/store.ts';
import { versionRange } from '../../controller/model/version-range.ts';
import { openStore } from '../../controller/store/open.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { ms } from './figures.ts';
import type { Section } from './report.ts';

const images = 1000;
const tagsEach = 50;
/** As long as the manifest of a framework's image is. */
const manifest = JSON.stringify({ layers: Array.from({ length: 60 }, (_, n) => layer(n)) });

/** Searches over 50 000 versions with their manifests, in a record on the disk. */
export function catalogue(rounds: number): Section {
  const folder = mkdtempSync(join(tmpdir(), 'mlenv-bench-'));
  const opened = openStore({
    file: join(folder, 'mlenv.db'),
    migrationsFolder: migrationsFolder(),
    now: Date.now(),
  });
  if (opened.kind !== 'open') throw new Error(opened.message);
  const { store } = opened;
  try {
    fill(store);
    const figure = (name: string, query: Partial<ImageSearch>, rows: number) => ({
      name,
      values: Array.from({ length: rounds }, () => {
        const begun = performance.now();
        const found = store.catalogue.search({ ...any, ...query }).length;
        if (found !== rows) throw new Error(`${name}: ${found} found, and not ${rows}`);
        return performance.now() - begun;
      }),
      text: ms,
    });
    return {
      id: 'catalogue',
      title: `Searches over ${images * tagsEach} versions of ${images} images, ${rounds} rounds`,
      figures: [
        figure(
          'torch, CUDA >=12.4, Python 3.10, amd64: the first 50',
          { text: 'torch', cuda: range('>=12.4'), python: range('3.10'), architecture: 'amd64' },
          50,
        ),
        figure('all versions of one image', { image: 'torch-77', limit: 100 }, tagsEach),
        figure('CUDA 12.4 of all: the first 50', { cuda: range('12.4') }, 50),
        figure('a CUDA that nothing has: all are looked at', { cuda: range('99.9') }, 0),
      ],
    };
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

const any: ImageSearch = {
  text: null,
  image: null,
  category: null,
  cuda: null,
  python: null,
  architecture: null,
  cachedOnly: false,
  limit: 50,
};

const range = (text: string) => {
  const read = versionRange(text);
  if (!read.ok) throw new Error(read.message);
  return read.range;
};

function layer(n: number): object {
  return {
    mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    size: 1_000_000 + n,
    digest: `sha256:${String(n).padStart(64, '0')}`,
  };
}

const fill = (store: Store): void => {
  const { syncs } = store;
  const { pass } = syncs.begin({ scope: 'nvidia', by: 'bench', at: Date.now() });
  store.transaction(() => {
    const found = Array.from({ length: images }, (_, n) => ({
      organization: 'nvidia',
      team: '',
      name: n % 10 === 7 ? `torch-${n}` : `image-${n}`,
      displayName: `Image ${n}`,
      category: 'other',
      description: 'What is in it, in so many words as a catalogue has for it. '.repeat(4),
      createdAt: null,
      updatedAt: null,
    }));
    syncs.found(pass, found, Date.now());
    const tags = Array.from({ length: tagsEach }, (_, n) => `${20 + (n % 6)}.${n}-py3`);
    for (let image = syncs.nextImage(pass); image !== null; image = syncs.nextImage(pass)) {
      syncs.tags(pass, { imageId: image.id, tags, freshSince: 0 });
    }
    let n = 0;
    for (let due = syncs.nextVersion(pass); due !== null; due = syncs.nextVersion(pass)) {
      n += 1;
      // Not in step with the order of images and tags.
      const mixed = Math.imul(n, 0x9e37_79b1) >>> 8;
      syncs.check(pass, {
        versionId: due.id,
        at: Date.now(),
        found: {
          kind: 'facts',
          manifest,
          facts: {
            digest: `sha256:${String(n).padStart(64, '0')}`,
            sizeBytes: 9_000_000_000,
            createdAt: null,
            cuda: `${11 + (mixed % 3)}.${mixed % 9}`,
            cudaFull: null,
            python: `3.${8 + (mixed % 5)}`,
            framework: '2.4.0',
            minDriver: null,
            architectures: n % 2 === 0 ? ['amd64', 'arm64'] : ['amd64'],
          },
        },
      });
    }
  });
};
