import {
  catalogueRegistry,
  repositoryOf,
  type KnownImage,
  type KnownVersion,
} from '../model/catalogue.ts';
import type { ImageChoice } from '../model/image-choice.ts';
import { byTag, tagOrder } from '../model/tag-order.ts';
import { isWithin, versionOrder, versionRange } from '../model/version-range.ts';

/** What the catalogue has of the name that is asked for. */
export interface ImageOffer {
  readonly images: readonly KnownImage[];
  /** Of all of them. */
  readonly versions: readonly KnownVersion[];
  /** Repositories with a name like it, where none has it. */
  readonly similar: readonly string[];
}

export type ChosenImage =
  | {
      readonly kind: 'chosen';
      /** `nvcr.io/nvidia/pytorch:24.05-py3` */
      readonly reference: string;
      /** As the catalogue has it; null: it does not say. */
      readonly digest: string | null;
    }
  | { readonly kind: 'none'; readonly message: string };

/** The newest version that is all that is asked for, on this architecture. */
export const chooseImage = (
  choice: ImageChoice,
  { images, versions, similar }: ImageOffer,
  architecture: string,
): ChosenImage => {
  const named = images.filter(({ organization }) => (choice.org ?? organization) === organization);
  const own = named.filter(({ organization, team }) => organization === 'nvidia' && team === '');
  const [image, other] = own.length === 1 ? own : named;
  if (image === undefined) return none(unknownText(choice, images, similar));
  if (other !== undefined) {
    const all = named.map((one) => repositoryOf(one)).join(', ');
    return none(`${choice.framework} may be ${all}: name one of them as framework`);
  }
  const of = versions.filter((version) => repositoryOf(version) === repositoryOf(image));
  const newest = of.toSorted(byAge);
  const asked = criteria(choice, architecture);
  const fitting = newest.filter((version) => asked.every(({ fits }) => fits(version)));
  const [found] = fitting.toSorted(
    (a, b) => Number(b.tag === choice.version) - Number(a.tag === choice.version),
  );
  if (found === undefined) return none(missingText({ image, asked, newest }));
  return { kind: 'chosen', reference: referenceOf(found), digest: found.digest };
};

interface Criterion {
  /** `CUDA >=12.4` */
  readonly text: string;
  readonly fits: (version: KnownVersion) => boolean;
}

const criteria = (
  { version, cuda, python }: ImageChoice,
  architecture: string,
): readonly Criterion[] => [
  ...(version === null
    ? []
    : [{ text: `version ${version}`, fits: ({ tag }: KnownVersion) => isOf(tag, version) }]),
  ...(cuda === null ? [] : [{ text: `CUDA ${cuda}`, fits: within(cuda, (one) => one.cuda) }]),
  ...(python === null
    ? []
    : [{ text: `Python ${python}`, fits: within(python, (one) => one.python) }]),
  {
    text: architecture,
    // What is not known of a tag is found out when it is pulled.
    fits: ({ architectures }) => architectures.length === 0 || architectures.includes(architecture),
  },
];

/** `24.05` is 24.05-py3 and 24.05.1, and not 24.050. */
const isOf = (tag: string, version: string): boolean =>
  tag.startsWith(version) && /^(?:$|[-._+])/.test(tag.slice(version.length));

const within = (text: string, of: (version: KnownVersion) => string | null): Criterion['fits'] => {
  const read = versionRange(text);
  return (version) => {
    const order = versionOrder(of(version) ?? '');
    return read.ok && order !== null && isWithin(read.range, order);
  };
};

/** Of one release the plain build before its variants: 24.05-py3 before 24.05-py3-igpu, tf2 before tf1. */
const byAge = (a: KnownVersion, b: KnownVersion): number => {
  if (tagOrder(a.tag) !== tagOrder(b.tag)) return byTag(a.tag, b.tag);
  return a.tag.length - b.tag.length || (a.tag < b.tag ? 1 : -1);
};

const none = (message: string): ChosenImage => ({ kind: 'none', message });

const unknownText = (
  { framework, org }: ImageChoice,
  others: readonly KnownImage[],
  similar: readonly string[],
): string => {
  const near = others.length > 0 ? others.map((one) => repositoryOf(one)) : similar;
  return [
    `the catalogue has no ${framework}${org === null ? '' : ` of ${org}`}`,
    ...(near.length === 0 ? [] : [`the nearest: ${near.join(', ')}`]),
  ].join('; ');
};

const missingText = (what: {
  readonly image: KnownImage;
  readonly asked: readonly Criterion[];
  readonly newest: readonly KnownVersion[];
}): string => {
  const { image, asked, newest } = what;
  const repository = repositoryOf(image);
  if (newest.length === 0) {
    return `no version of ${repository} is known yet${image.problem === null ? '' : `: ${image.problem}`}`;
  }
  const fit = (version: KnownVersion): number => asked.filter(({ fits }) => fits(version)).length;
  const [nearest] = newest.toSorted((a, b) => fit(b) - fit(a));
  const wanted = asked.map(({ text }) => text).join(', ');
  return `the catalogue has no ${repository} of ${wanted}${nearest === undefined ? '' : `; the nearest is ${told(nearest)}`}`;
};

/** `24.05-py3 (CUDA 12.4, Python 3.10, amd64)` */
const told = ({ tag, cuda, python, architectures }: KnownVersion): string => {
  const facts = [
    ...(cuda === null ? [] : [`CUDA ${cuda}`]),
    ...(python === null ? [] : [`Python ${python}`]),
    ...architectures,
  ];
  return facts.length === 0
    ? `${tag} (what is in it is not known)`
    : `${tag} (${facts.join(', ')})`;
};

const referenceOf = (version: KnownVersion): string =>
  `${catalogueRegistry}/${repositoryOf(version)}:${version.tag}`;
