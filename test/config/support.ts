import { expect } from 'vitest';
import { type Config, type ConfigSources, loadConfig } from '../../src/config/load.ts';
import type { Problem } from '../../src/policy/result.ts';
import { folderWith } from '../support/temp-dir.ts';

export type Layers = {
  /** The text of `postern.yaml`; absent: there is no file. */
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: ConfigSources['flags'];
  readonly cwd?: string;
};

/** Loads a configuration whose file is `postern.yaml` in the working directory. */
export function load({ file, environment = {}, flags = [], cwd }: Layers) {
  const folder = cwd ?? folderWith(file === undefined ? {} : { 'postern.yaml': file });
  const loaded = loadConfig({ file: undefined, flags, environment, cwd: folder });
  return { folder, loaded };
}

export function configOf(layers: Layers): Config {
  const { loaded } = load(layers);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value;
}

/** The problems, with places in the file written as `postern.yaml:line:col`. */
export function problemsOf(layers: Layers): readonly Problem[] {
  const { folder, loaded } = load(layers);
  if (loaded.ok) throw new Error('expected problems, and there are none');
  for (const { problem, hint } of loaded.error) {
    expect(problem).not.toBe('');
    expect(hint).not.toBe('');
  }
  return loaded.error.map((problem) => ({ ...problem, at: problem.at.replace(`${folder}/`, '') }));
}
