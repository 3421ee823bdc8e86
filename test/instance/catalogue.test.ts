import { beforeEach, describe, expect, it } from 'vitest';
import { putStarter } from '../../controller/instance/catalogue.ts';
import { readCatalogueFile } from '../../controller/model/catalogue-file.ts';
import { categoryOf, imageNameOf, repositoryOf } from '../../controller/model/catalogue.ts';
import { starterCatalogue } from '../../schema/files.ts';
import { noon, openTestStore, type TestStore } from '../store/support.ts';

let opened: TestStore;
beforeEach(() => {
  opened = openTestStore();
});

const count = (): unknown =>
  opened.hand.prepare(`SELECT count(*) FROM ngc_images WHERE origin = 'starter'`).pluck().get();

describe('the starter catalogue', () => {
  it('is a catalogue as MLEnv writes one', () => {
    const read = readCatalogueFile(starterCatalogue());
    if (!read.ok) throw new Error(read.fault);
    expect(read.file.images.length).toBeGreaterThan(5);
    for (const image of read.file.images) {
      expect(imageNameOf(repositoryOf(image))).not.toBeNull();
      expect(image.category, image.name).toBe(categoryOf(image));
    }
  });

  it('is put into a record once, and marked', () => {
    putStarter(opened.store, noon);
    const before = count();
    expect(before).toBeGreaterThan(5);
    opened.hand.exec(`DELETE FROM image_versions; DELETE FROM ngc_images WHERE name = 'pytorch'`);
    putStarter(opened.store, noon);
    expect(count()).toBe(Number(before) - 1);
  });

  it('that is newer comes in, until a sync knows better', () => {
    putStarter(opened.store, noon);
    opened.hand.exec(`UPDATE meta SET value = 'older' WHERE key = 'starter-catalogue';
      DELETE FROM image_versions; DELETE FROM ngc_images`);
    putStarter(opened.store, noon);
    expect(count()).toBeGreaterThan(5);
    opened.hand.exec(`UPDATE meta SET value = 'older' WHERE key = 'starter-catalogue';
      DELETE FROM image_versions; DELETE FROM ngc_images;
      INSERT INTO catalogue_syncs (scope, pass, asked_by, started_at_ms, complete_at_ms) VALUES ('nvidia', 1, 'ada', 1, 2)`);
    putStarter(opened.store, noon);
    expect(count()).toBe(0);
  });
});
