import { describe, expect, it } from 'vitest';
import { readCatalogueFile } from '../../controller/model/catalogue-file.ts';
import { catalogueVersion, exportedImage } from '../support/image-builders.ts';

const file = (changes: object = {}) => ({
  format: 'mlenv-catalogue/1',
  exportedAt: '2025-01-01T00:00:00.000Z',
  images: [exportedImage()],
  ...changes,
});
const version = catalogueVersion();

describe('a file of a catalogue', () => {
  it('is read as it was written', () => {
    const written = file();
    expect(readCatalogueFile(structuredClone(written))).toEqual({ ok: true, file: written });
  });

  it.each<[unknown, string]>([
    [[], 'an object'],
    [file({ format: 'mlenv-catalogue/2' }), 'mlenv-catalogue/1'],
    [file({ exportedAt: 'yesterday' }), 'exportedAt'],
    [file({ images: {} }), 'images must be a list'],
    [file({ images: [1] }), 'images[0] must be an object'],
    [file({ images: [exportedImage({ name: '../x' })] }), 'images[0].name'],
    [file({ images: [{ ...exportedImage(), team: null }] }), 'images[0].team'],
    [file({ images: [{ ...exportedImage(), versions: null }] }), 'images[0].versions'],
    [
      file({ images: [exportedImage({ versions: [{ ...version, tag: 'a b' }] })] }),
      'images[0].versions[0].tag must be a tag',
    ],
    [
      file({ images: [exportedImage({ versions: [{ ...version, cuda: '12.4.1' }] })] }),
      'versions[0].cuda must be major and minor',
    ],
    [
      file({ images: [exportedImage({ versions: [{ ...version, sizeBytes: -1 }] })] }),
      'sizeBytes must be a whole number from 0, or null',
    ],
    [
      file({ images: [exportedImage({ versions: [{ ...version, createdAt: 1e16 }] })] }),
      'createdAt',
    ],
    [file({ images: [exportedImage({ versions: [version, version] })] }), 'twice'],
  ])('tells what is wrong with it, %#', (value, fault) => {
    expect(readCatalogueFile(value)).toEqual({ ok: false, fault: expect.stringContaining(fault) });
  });
});
