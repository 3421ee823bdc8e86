import {
  catalogueRegistry,
  categoryOf,
  repositoryOf,
  type CatalogueImage,
  type VersionFacts,
} from '../model/catalogue.ts';
import type { Clock } from '../model/ports.ts';
import type { RegistryFault } from '../model/registry-faults.ts';
import type {
  CatalogueEntry,
  CatalogueSearch,
  RegistryReader,
  ResolvedImage,
} from '../model/registry.ts';
import type { DueVersion, SyncPass, SyncTable } from '../model/store-catalogue.ts';
import { isImageTag } from './tags.ts';

export interface SyncOptions {
  readonly table: SyncTable;
  readonly registry: RegistryReader;
  readonly search: CatalogueSearch;
  /** What is in an image, as its own config says. */
  readonly factsOf: (image: ResolvedImage) => VersionFacts;
  /** Of this host, in Go's words: `amd64`. */
  readonly architecture: string;
  readonly clock: Pick<Clock, 'now'>;
}

export type SyncEnd =
  | { readonly kind: 'complete'; readonly retired: number }
  /** What was read stays, and the next try goes on from there. */
  | { readonly kind: 'stopped'; readonly why: string };

/** Of a tag so young in the record the registry is not asked again. */
const freshMs = 86_400_000;

/** A registry that fails so often in a row fails as a whole, and not for one image. */
const maxFaultsInARow = 5;

/**
 * Reads a catalogue to its end, one small step after another: each is in the record before the next is
 * asked for, so that whoever comes after a kill does the rest. Nothing is taken away before the pass is
 * complete. The pace is the client's.
 */
export const syncCatalogue = async (
  options: SyncOptions,
  pass: SyncPass,
  signal: AbortSignal,
): Promise<SyncEnd> => {
  const { table, clock } = options;
  let why = pass.searched === 'no' ? await readSearch(options, pass, signal) : null;
  why ??= await readTags(options, pass, signal);
  why ??= await readVersions(options, pass, signal);
  if (why !== null) {
    table.fail(pass.scope, why);
    return { kind: 'stopped', why };
  }
  // As it is by now: the search may have ended in this very run.
  const whole = table.get(pass.scope) ?? pass;
  return { kind: 'complete', retired: table.finish(whole, clock.now()) };
};

/** `nvidia`, or `nvidia/pytorch` for the images of that name alone. */
export const scopeOf = (organization: string, image: string | null): string =>
  image === null ? organization : `${organization}/${image}`;

/** All three answer with why the pass stands still; null: it goes on. */
const readSearch = async (
  { table, search, clock }: SyncOptions,
  { scope, pass }: SyncPass,
  signal: AbortSignal,
): Promise<string | null> => {
  const [org = '', name = null] = scope.split('/');
  let isComplete = false;
  for await (const page of search.pages({ org, query: name, signal })) {
    if (!page.ok) return textOf(page.fault);
    if (signal.aborted) return stoppedText;
    const images = page.value.entries
      .filter((entry) => entry.org === org && (name === null || entry.name === name))
      .map(imageOf);
    table.found(pass, images, clock.now());
    if (page.value.unchanged) table.unchanged(scope);
    isComplete = page.value.complete;
  }
  if (signal.aborted) return stoppedText;
  if (table.counts(pass).images === 0) {
    return `the catalogue has no image ${name === null ? `of ${org}` : `${name} of ${org}`}`;
  }
  table.searched(scope, isComplete ? 'whole' : 'part');
  return null;
};

const readTags = async (
  { table, registry, clock }: SyncOptions,
  { scope, pass }: SyncPass,
  signal: AbortSignal,
): Promise<string | null> => {
  let faults = 0;
  for (let image = table.nextImage(pass); image !== null; image = table.nextImage(pass)) {
    if (signal.aborted) return stoppedText;
    const repository = `${catalogueRegistry}/${repositoryOf(image)}`;
    const tags: string[] = [];
    let fault: RegistryFault | null = null;
    for await (const page of registry.tags(repository, { signal })) {
      if (!page.ok) {
        fault = page.fault;
        continue;
      }
      tags.push(...page.value.tags.filter(isImageTag));
      if (page.value.unchanged) table.unchanged(scope);
    }
    if (signal.aborted) return stoppedText;
    if (fault === null) {
      faults = 0;
      table.tags(pass, { imageId: image.id, tags, freshSince: clock.now() - freshMs });
      continue;
    }
    faults += ofOneImage.has(fault.code) ? 0 : 1;
    if (ofAll.has(fault.code) || faults >= maxFaultsInARow) return textOf(fault);
    table.skipImage(pass, image.id, textOf(fault));
  }
  return null;
};

const readVersions = async (
  options: SyncOptions,
  { pass }: SyncPass,
  signal: AbortSignal,
): Promise<string | null> => {
  const { table, clock } = options;
  let faults = 0;
  for (let due = table.nextVersion(pass); due !== null; due = table.nextVersion(pass)) {
    if (signal.aborted) return stoppedText;
    const look = await lookAt(options, due, signal);
    if (signal.aborted) return stoppedText;
    const found = { versionId: due.id, at: clock.now() };
    if (look.kind !== 'fault') {
      faults = 0;
      table.check(pass, { ...found, found: look });
      continue;
    }
    faults += ofOneImage.has(look.fault.code) ? 0 : 1;
    if (ofAll.has(look.fault.code) || faults >= maxFaultsInARow) return textOf(look.fault);
    table.check(pass, { ...found, found: { kind: 'problem', why: textOf(look.fault) } });
  }
  return null;
};

type Look =
  | { readonly kind: 'same' }
  | { readonly kind: 'facts'; readonly facts: VersionFacts; readonly manifest: string }
  | { readonly kind: 'fault'; readonly fault: RegistryFault };

/** One request tells of most tags that they have not moved; the rest costs three or four. */
const lookAt = async (
  { registry, factsOf, architecture }: SyncOptions,
  due: DueVersion,
  signal: AbortSignal,
): Promise<Look> => {
  const reference = `${catalogueRegistry}/${repositoryOf(due)}:${due.tag}`;
  if (due.digest !== null) {
    const now = await registry.digest(reference, { signal });
    if (!now.ok) return { kind: 'fault', fault: now.fault };
    if (now.value === due.digest) return { kind: 'same' };
  }
  let found = await registry.resolve(reference, { arch: architecture, signal });
  // What this host cannot run is still in the catalogue.
  if (!found.ok && found.fault.code === 'PlatformMissing') {
    const other = architecture === 'amd64' ? 'arm64' : 'amd64';
    found = await registry.resolve(reference, { arch: other, signal });
  }
  if (!found.ok) return { kind: 'fault', fault: found.fault };
  return { kind: 'facts', facts: factsOf(found.value), manifest: found.value.manifest };
};

/** Nobody answers, or nobody may be asked now: the next image would fare no better. */
const ofAll: ReadonlySet<string> = new Set([
  'Unreachable',
  'Throttled',
  'GivenUp',
  'CredentialTrouble',
] satisfies RegistryFault['code'][]);

/** An answer about this one image, and no sign that the registry fails. */
const ofOneImage: ReadonlySet<string> = new Set([
  'LoginNeeded',
  'SubscriptionNeeded',
  'Forbidden',
  'NotFound',
  'LicenceNeeded',
  'PlatformMissing',
  'OldManifest',
  'AnswerTooLarge',
] satisfies RegistryFault['code'][]);

const stoppedText = 'it was stopped';

const textOf = ({ message, cure }: RegistryFault): string =>
  cure === '' ? message : `${message}; ${cure}`;

const imageOf = (entry: CatalogueEntry): CatalogueImage => {
  const { org: organization, team, name } = entry;
  const image = { organization, team, name };
  return {
    ...image,
    displayName: entry.displayName === '' ? null : entry.displayName,
    category: categoryOf(image),
    description: entry.description === '' ? null : entry.description,
    createdAt: entry.createdAt,
    updatedAt: entry.updatedAt,
  };
};
