/** What a tag says about the version behind it. */
export interface ParsedTag {
  readonly tag: string;
  /** `[24, 5]` of `24.05-py3`; null: it names no version (`latest`, `main`, a hash). */
  readonly version: readonly number[] | null;
  /** `rc1` of `1.2.0-rc1`, which comes before `1.2.0`; '' where it is a release. */
  readonly preRelease: string;
  /** All that follows: `py3-igpu`, `cudnn-devel-ubuntu22.04`; '' where nothing does. */
  readonly variant: string;
}

export const parseTag = (tag: string): ParsedTag => {
  const [, digits = '', early = '', variant = ''] = tagPattern.exec(tag) ?? [];
  // A date or a number of a build says nothing beside versions.
  if (digits === '' || /^\d{6,}/.test(digits)) {
    return { tag, version: null, preRelease: '', variant: '' };
  }
  return { tag, version: digits.split('.').map(Number), preRelease: early, variant };
};

/** A version, perhaps an early one (`-rc1`, `a0`, `.dev3`), and a variant behind a dash, an underscore or a plus. */
const tagPattern =
  /^v?(\d+(?:\.\d+)*)(?:[-.]?((?:alpha|beta|a|b|rc|pre|preview|dev|ea|nightly)[.-]?\d*)(?![A-Za-z0-9]))?(?:[-_+](.+))?$/i;

/** Signatures and the like that tools put beside images as tags. They are no versions of anything. */
export const isImageTag = (tag: string): boolean =>
  !/^sha256-[0-9a-f]{64}(?:\..+)?$/.test(tag) && !/\.(?:sig|att|sbom)$/.test(tag);

/** Newest first; within one version releases first, then the plainest variant; what has no version comes last. */
export const compareTags = (left: ParsedTag, right: ParsedTag): number =>
  compareVersions(right.version, left.version) ||
  comparePreReleases(left.preRelease, right.preRelease) ||
  specialsIn(left) - specialsIn(right) ||
  natural.compare(left.variant, right.variant) ||
  natural.compare(left.tag, right.tag) ||
  (left.tag < right.tag ? -1 : Number(left.tag > right.tag));

export const orderTags = (tags: readonly string[]): readonly ParsedTag[] =>
  [...new Set(tags)].filter(isImageTag).map(parseTag).sort(compareTags);

/** The newest release of the plainest variant, which is what "newest" means to a person; null: none has a version. */
export const newestRelease = (tags: readonly string[]): ParsedTag | null => {
  const versions = orderTags(tags).filter(({ version }) => version !== null);
  const releases = versions.filter(({ preRelease }) => preRelease === '');
  return releases.find((tag) => specialsIn(tag) === 0) ?? releases[0] ?? versions[0] ?? null;
};

/** Below zero: the left one is older. None is older than any. */
const compareVersions = (
  left: readonly number[] | null,
  right: readonly number[] | null,
): number => {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = (left[at] ?? 0) - (right[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
};

/** rc2 before rc1, and a release before both. */
const comparePreReleases = (left: string, right: string): number => {
  if (left === '' || right === '') return Number(left !== '') - Number(right !== '');
  return natural.compare(right, left);
};

/** Made for one purpose or one machine, so that nobody means it who only names a version. */
const specials = new Set(['igpu', 'sdk', 'min', 'trtllm', 'vllm', 'pyt', 'tf1', 'dev', 'debug']);

const specialsIn = ({ variant }: ParsedTag): number =>
  variant.split(/[-_+]/).filter((part) => specials.has(part.toLowerCase())).length;

const natural = new Intl.Collator('en', { numeric: true });
