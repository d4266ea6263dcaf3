import { inFileOrder, type Problem } from '../policy/result.ts';
import type { Path } from '../policy/yaml/yaml-places.ts';
import type { Config } from './load.ts';

/**
 * Puts problems of files where the configuration names the files: `postern.yaml:3:15  /etc/proxy.key: the file does not
 * exist`. Of a file that it names more than once, the first place; what is no such file's problem stays as it is.
 */
export function placeFiles(problems: readonly Problem[], config: PlacedConfig): readonly Problem[] {
  const settings = fileSettings(config);
  const placed = problems.map(({ at, problem, hint }) => {
    const setting = settings.find(({ file }) => file === at);
    return setting === undefined
      ? { at, problem, hint }
      : { at: config.at(setting.path), problem: `${at}: ${problem}`, hint };
  });
  return inFileOrder(placed);
}

/** What of a configuration names files, and says where. */
type PlacedConfig = Pick<Config, 'listen' | 'egress' | 'certsPassphraseFile' | 'at' | 'blockPage'>;

type FileSetting = { readonly path: Path; readonly file: string | undefined };

/** The settings that name a file which is read at start. */
const fileSettings = ({
  listen,
  egress,
  blockPage,
  certsPassphraseFile,
}: PlacedConfig): readonly FileSetting[] => [
  { path: ['certsPassphraseFile'], file: certsPassphraseFile },
  ...(['templates', 'languages', 'logo'] as const).map((key) => ({
    path: ['blockPage', key],
    file: blockPage[key],
  })),
  ...listen.flatMap(({ tls }, index) =>
    (['cert', 'key', 'clientCa'] as const).map((key) => ({
      path: ['listen', index, 'tls', key],
      file: tls?.[key],
    })),
  ),
  ...egress.upstream.flatMap(({ proxies }, entry) =>
    proxies.flatMap((proxy, index) =>
      (['ca', 'passwordFile'] as const).map((key) => ({
        path: ['egress', 'upstream', entry, 'proxies', index, key],
        file: proxy === 'direct' ? undefined : proxy[key],
      })),
    ),
  ),
];
