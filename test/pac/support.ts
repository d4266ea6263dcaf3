import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import type { PacSettings } from '../../src/pac/pac.ts';
import { pacSettingsOf } from '../../src/pac/settings.ts';

/** The settings that the text of a configuration comes to. */
export function settingsIn(file: string): PacSettings {
  const settings = pacSettingsOf(configSchema.parse(parse(file) ?? {}));
  if (settings === undefined) throw new Error('no listener says how clients call the proxy');
  return settings;
}
