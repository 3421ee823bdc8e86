import type { Command } from 'commander';
import type { ImagesPruneOptions } from './commands/images-prune.ts';
import type { ImagesSyncOptions } from './commands/images-sync.ts';
import type {
  ImagesListOptions,
  ImagesSearchOptions,
  ImagesShowOptions,
} from './commands/images.ts';
import { output } from './define-project.ts';
import type { Start } from './program.ts';

export const defineImagesCommands = (program: Command, start: Start): void => {
  program.commandsGroup('Images:');
  const images = program
    .command('images')
    .description("find images in NVIDIA's catalogue, and look after those of the engine");
  const help = {
    showGlobalOptions: true,
    visibleGlobalOptions: () => program.options.filter(({ hidden }) => !hidden),
  };
  const finding = (command: Command): Command =>
    command
      .configureHelp(help)
      .option('--cuda <versions>', 'CUDA inside, such as 12.4, >=12.4 or >=12.2,<13')
      .option('--python <versions>', 'Python inside, in the same way')
      .option('--arch <architecture>', 'made for it, such as amd64 or arm64')
      .option('--cached', 'on this engine already')
      .option('--limit <number>', 'so many at most', '50')
      .addOption(output('table', 'json'));

  images
    .command('list')
    .configureHelp(help)
    .description('list images, with the newest tag of each')
    .argument('[TEXT]', 'a part of the name, title, category or description')
    .option('--category <name>', 'of this category: pytorch, tensorflow, triton, cuda, …')
    .option('--org <name>', 'of this organisation')
    .addOption(output('table', 'json'))
    .action((text: string | undefined, options: ImagesListOptions) =>
      start(async (context) => (await import('./commands/images.ts')).list(context, text, options)),
    );
  finding(images.command('search'))
    .description('find versions of images by what is in them, the newest first')
    .argument('[TEXT]', 'a part of the name, title, category or description')
    .option('--category <name>', 'of this category')
    .action((text: string | undefined, options: ImagesSearchOptions) =>
      start(async (context) =>
        (await import('./commands/images.ts')).search(context, text, options),
      ),
    );
  finding(images.command('versions'))
    .description('list the versions of one image, the newest first')
    .argument('<IMAGE>', 'its name, such as pytorch or nvidia/pytorch')
    .action((image: string, options: ImagesSearchOptions) =>
      start(async (context) =>
        (await import('./commands/images.ts')).versions(context, image, options),
      ),
    );
  images
    .command('show')
    .configureHelp(help)
    .description("show what is in one version, and whether this host's driver serves it")
    .argument('<REF>', 'image and tag; without a tag its newest; or its page in the catalogue')
    .addOption(output('text', 'json'))
    .action((reference: string, options: ImagesShowOptions) =>
      start(async (context) =>
        (await import('./commands/images.ts')).show(context, reference, options),
      ),
    );
  images
    .command('sync')
    .configureHelp(help)
    .description('read the catalogue anew; goes on where one was cut off; administrators only')
    .option('--org <name>', 'of this organisation', 'nvidia')
    .option('--image <name>', 'images of this name alone, such as pytorch')
    .option('--no-wait', 'return once it is under way')
    .action((options: ImagesSyncOptions) =>
      start(async (context) => (await import('./commands/images-sync.ts')).run(context, options)),
    );
  images
    .command('export')
    .configureHelp(help)
    .description('write the catalogue into a file, for a machine without a network')
    .argument('<FILE>', 'where to; - is the standard output')
    .action((file: string) =>
      start(async (context) => (await import('./commands/images-file.ts')).exportTo(context, file)),
    );
  images
    .command('import')
    .configureHelp(help)
    .description('add to the catalogue what such a file holds; administrators only')
    .argument('<FILE>', 'the file')
    .action((file: string) =>
      start(async (context) =>
        (await import('./commands/images-file.ts')).importFrom(context, file),
      ),
    );
  images
    .command('prune')
    .configureHelp(help)
    .description('remove images that nothing uses or names; shows the plan first')
    .option('--unused-for <span>', 'that no container was made of for so long', '30d')
    .option('--keep <number>', 'the newest so many of each stay', '2')
    .option('--yes', 'remove what the plan shows, without a question', false)
    .addOption(output('table', 'json'))
    .action((options: ImagesPruneOptions) =>
      start(async (context) => (await import('./commands/images-prune.ts')).run(context, options)),
    );
};
