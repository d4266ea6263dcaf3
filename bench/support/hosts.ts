import { type Host, parseHost } from '../../src/policy/host.ts';
import { domainAt, wordAt } from './domains.ts';

/** Canonical, as a request's host is when it is decided. */
export function hostOf(text: string): Host {
  const host = parseHost(text);
  if (!host.ok) throw new Error(`${text}: ${host.error.problem}`);
  return host.value;
}

/** A host that the name at the index covers: every other one is the name itself, the rest lie below it. */
export function hostUnder(index: number): Host {
  const name = domainAt(index);
  switch (index % 4) {
    case 0:
      return hostOf(`www.${name}`);
    case 1:
      return hostOf(`${wordAt(index)}.${name}`);
    case 2:
    case 3:
      return hostOf(name);
  }
  throw new Error(`${index} is not a whole number`);
}

const LONG_HOST_LABELS = 10;

/** A host of ten labels that the name at the index covers. */
export function longHostUnder(index: number): Host {
  const name = domainAt(index);
  const missing = LONG_HOST_LABELS - name.split('.').length;
  const below = Array.from({ length: missing }, (_, at) => wordAt(index + at).slice(0, 2 + at));
  return hostOf([...below, name].join('.'));
}
