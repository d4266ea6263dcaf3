import type { Command } from 'commander';
import { PAC_TYPE, type PacProxy, pacFor } from '../pac/pac.ts';
import { pacSettingsOf } from '../pac/settings.ts';
import type { Problem } from '../policy/result.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, printJson, printProblems } from './output.ts';

export function addPac(program: Command): void {
  withCommonOptions(program.command('pac'))
    .description('print the PAC file, by which browsers find the proxy, as the configuration has it')
    .action(pac);
}

function pac(options: CommonOptions): void {
  const json = options.json ?? false;
  const config = configFor(options);
  const settings = config.ok ? pacSettingsOf(config.value) : undefined;
  if (settings === undefined) {
    printProblems(config.ok ? [noProxy(config.value.at(['listen']))] : config.error, json);
    process.exitCode = EXIT.problems;
    return;
  }
  const text = pacFor(settings);
  if (json) printJson({ ok: true, type: PAC_TYPE, proxies: settings.proxies.map(urlOf), text });
  else process.stdout.write(text);
}

const urlOf = ({ scheme, host, port }: PacProxy): string => `${scheme}://${host}:${port}`;

const noProxy = (at: string): Problem => ({
  at,
  problem: 'no listener says how clients call the proxy',
  hint: 'write it, such as `pac: { proxies: ["proxy.example:3128"] }`',
});
