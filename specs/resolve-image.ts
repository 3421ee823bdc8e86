import { catalogueRegistry } from '../controller/model/catalogue.ts';
import type { Environment } from '../controller/model/environment.ts';
import {
  choiceOf,
  choiceText,
  pinnedImage,
  pinOf,
  type ImageChoice,
} from '../controller/model/image-choice.ts';
import { versionRange } from '../controller/model/version-range.ts';
import { fault, fieldName, type Path } from './fault.ts';
import type { Lock } from './lock.ts';
import type { Report } from './resolve-scalars.ts';
import { quoted } from './safe-text.ts';
import type { SpecEnvironment, SpecImageMap } from './types.generated.ts';

export type SpecImage = Pick<Environment, 'image' | 'asked' | 'choice'>;

/** What runs; where a lock lies beside the file, by the digest that it says. */
export const imageOf = (
  name: string,
  { image, pull }: Pick<SpecEnvironment, 'image' | 'pull'>,
  from: { readonly lock: Lock | null; readonly report: Report },
): SpecImage => {
  const { lock, report } = from;
  if (image === undefined) {
    const hint = 'add image: to it, or to defaults:';
    report(fault('E_REQUIRED', [], { at: 'key', message: 'image is missing', hint }));
    return plain('');
  }
  const asked = typeof image === 'string' ? ofText(image, report) : ofMap(image, report);
  return lock === null || asked === null || pull === 'never' || pinOf(asked.asked) !== null
    ? (asked ?? plain(''))
    : locked(name, asked, { lock, report });
};

const plain = (image: string): SpecImage => ({ image, asked: image, choice: null });

const chosen = (choice: ImageChoice): SpecImage => {
  const text = choiceText(choice);
  return { image: text, asked: text, choice };
};

const ofText = (image: string, report: Report): SpecImage | null => {
  if (!image.includes('@') || /@sha256:[0-9a-f]{64}$/.test(image)) return plain(image);
  const choice = choiceOf(image);
  if (choice !== null) return chosen(choice);
  const [named = '', version = ''] = image.split('@');
  const isDigest = version.startsWith('sha256');
  report(
    fault('E_FORMAT', ['image'], {
      message: isDigest
        ? `${quoted(version)} is no digest`
        : `${quoted(named)} is no name of the catalogue`,
      hint: isDigest
        ? 'write sha256: and 64 hexadecimal digits'
        : "before @VERSION stands a name such as pytorch or nvidia/pytorch; a registry's image takes :TAG",
    }),
  );
  return null;
};

const ofMap = (map: SpecImageMap, report: Report): SpecImage | null => {
  const { framework, version = null, cuda = null, python = null, org = null } = map;
  for (const [field, text] of [
    ['cuda', cuda],
    ['python', python],
  ] as const) {
    const read = text === null ? null : versionRange(text);
    if (read === null || read.ok) continue;
    const path: Path = ['image', field];
    report(
      fault('E_FORMAT', path, {
        message: `${fieldName(path)} cannot be ${quoted(text ?? '')}`,
        hint: read.message,
      }),
    );
  }
  if (framework !== undefined) return chosen({ framework, version, cuda, python, org });
  report(
    fault('E_REQUIRED', ['image'], {
      at: 'key',
      message: 'image needs framework',
      hint: 'add framework: with a name of the catalogue, such as pytorch; mlenv images list shows them',
    }),
  );
  return null;
};

const locked = (
  name: string,
  asked: SpecImage,
  { lock, report }: { readonly lock: Lock; readonly report: Report },
): SpecImage => {
  const entry = lock.entries.get(name);
  const isSame = entry?.image === asked.asked;
  if (isSame && isAnswer(asked, entry.reference)) {
    return { image: pinnedImage(entry), asked: asked.asked, choice: null };
  }
  const message =
    entry === undefined
      ? `${lock.file} has no entry for ${name}`
      : isSame
        ? `${lock.file}:${entry.line} says ${quoted(entry.reference)}, which is not what image asks for`
        : `image is ${quoted(asked.asked)}, and ${lock.file}:${entry.line} was written for ${quoted(entry.image)}`;
  report(fault('E_LOCK', ['image'], { message, hint: 'mlenv lock writes it anew' }));
  return asked;
};

/** Who reads the spec alone must not be told of another repository than the one that runs. */
const isAnswer = ({ asked, choice }: SpecImage, reference: string): boolean => {
  if (choice === null) return reference === asked;
  const repository = reference.replace(/:[^/:]*$/, '');
  return (
    repository.startsWith(`${catalogueRegistry}/`) && repository.endsWith(`/${choice.framework}`)
  );
};
