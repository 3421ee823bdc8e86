/** What an image is to be, where a file does not name one: it is chosen from the catalogue. */
export interface ImageChoice {
  /** `pytorch`, `nvidia/pytorch`: the end of a repository, in whole parts. */
  readonly framework: string;
  /** The beginning of a tag, in whole parts; null: the newest. */
  readonly version: string | null;
  /** `>=12.4`; null: any. */
  readonly cuda: string | null;
  readonly python: string | null;
  readonly org: string | null;
}

/** One text for one choice, whichever way it was written: `pytorch@24.05`, `pytorch@*, cuda >=12.4`. */
export const choiceText = ({ framework, version, cuda, python, org }: ImageChoice): string =>
  [
    `${framework}@${version ?? '*'}`,
    ...(cuda === null ? [] : [`cuda ${squeezed(cuda)}`]),
    ...(python === null ? [] : [`python ${squeezed(python)}`]),
    ...(org === null ? [] : [`org ${org}`]),
  ].join(', ');

/** A file's own `image`, whichever form it has, in one line; variables stand as they are written. */
export const writtenImage = (image: unknown): string => {
  if (typeof image === 'string') return image;
  if (typeof image !== 'object' || image === null) return '';
  const fields = new Map<string, unknown>(Object.entries(image));
  const of = (name: string): string | null => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : null;
  };
  return choiceText({
    framework: of('framework') ?? '',
    version: of('version'),
    cuda: of('cuda'),
    python: of('python'),
    org: of('org'),
  });
};

/** `pytorch@24.05`; null: an image as the engine takes it. */
export const choiceOf = (image: string): ImageChoice | null => {
  const found = /^([a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*){0,2})@(\w[\w.-]*)$/.exec(image);
  if (found?.[1] === undefined || found[2] === undefined) return null;
  return { framework: found[1], version: found[2], cuda: null, python: null, org: null };
};

/** `nvcr.io/nvidia/pytorch:24.05-py3@sha256:…`: the digest counts, the tag is for people. */
export const pinnedImage = (pin: { readonly reference: string; readonly digest: string }): string =>
  `${pin.reference}@${pin.digest}`;

/** Of such a text; null: it is none. */
export const pinOf = (
  image: string,
): { readonly reference: string; readonly digest: string } | null => {
  const found = /^([^@]+)@(sha256:[0-9a-f]{64})$/.exec(image);
  return found?.[1] === undefined || found[2] === undefined
    ? null
    : { reference: found[1], digest: found[2] };
};

const squeezed = (range: string): string => range.replaceAll(' ', '');
