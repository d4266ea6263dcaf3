import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';

/**
 * What is built in comes from elsewhere. package-lock.json says what exactly, and these tests hold it to what may be
 * there; whether a version has a known fault, `npm audit` says, which asks a registry and is no test.
 */

type Package = {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
};
type Manifest = {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Package>>;
};
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
const namesOf = (found: readonly (readonly [string, Package])[]): readonly string[] =>
  found.map(([path]) => path.replace(/^.*node_modules\//, ''));

/** Packages that run something of their own when they are installed, and why they may. */
const WITH_INSTALL_SCRIPTS: Readonly<Record<string, string>> = {
  node: 'it fetches the Node for this machine, on which Postern runs; package.json allows it by name',
};

const LICENCES = ['MIT', 'ISC', '0BSD', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0'];

/** Of tools that are not part of what ships. */
const LICENCES_OF_TOOLS = [...LICENCES, 'BSD-2-Clause', 'MIT OR Apache-2.0', 'MPL-2.0'];

/** Of a choice between licences, the one that is taken. */
const CHOSEN: Readonly<Record<string, string>> = { '(BSD-3-Clause OR GPL-2.0)': 'BSD-3-Clause' };

describe('the packages that are built in', () => {
  // Covers: EV-43
  test('are each held to their content by SHA-512, so that no registry can put another in its place', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(packages.length).toBeGreaterThan(50);
    const loose = packages.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''));
    expect(namesOf(loose)).toEqual([]);
  });

  // Covers: EV-43
  test('come from a registry: none from a repository, an address, a file or a link', () => {
    const exact = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;
    const elsewhere = packages.filter(
      ([, { version, resolved, link }]) =>
        link === true ||
        !exact.test(version ?? '') ||
        (resolved !== undefined && !/^https:\/\/[^/]+\/.*\.tgz$/.test(resolved)),
    );
    expect(namesOf(elsewhere)).toEqual([]);
  });

  // Covers: EV-43
  test('run nothing when they are installed, but for those that may, each with its reason', () => {
    const running = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(namesOf(running)).toEqual(Object.keys(WITH_INSTALL_SCRIPTS));
    expect(manifest.allowScripts).toEqual(
      Object.fromEntries(Object.keys(WITH_INSTALL_SCRIPTS).map((name) => [name, true])),
    );
    expect(running.every(([, { dev }]) => dev === true)).toBe(true); // what ships runs none
  });

  // Covers: EV-43
  test('are asked for by exact versions, the ones that are there', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect([name, version]).toEqual([name, lock.packages[`node_modules/${name}`]?.version]);
  });

  // Covers: EV-43
  test('are in what ships those that the README names with a reason, and no others', () => {
    const table = read('README.md').split('## Built with')[1]?.split('\n## ')[0] ?? '';
    const named = [...table.matchAll(/^\| \[([^\]]+)\]\([^)]+\) \| [^|]+ \| [^|]+ \|$/gm)].map(
      ([, name = '']) => name,
    );
    expect(named.toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
  });

  test('have licences that are known and fit', () => {
    const unfit = packages.filter(([, { license = '', dev }]) => {
      const allowed = dev === true ? LICENCES_OF_TOOLS : LICENCES;
      return !allowed.includes(CHOSEN[license] ?? license);
    });
    expect(unfit.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  });

  // Covers: EV-43
  test('have node-forge beyond the versions whose faults are known (CVE-2025-12816, 66030, 66031)', () => {
    const [major = 0, minor = 0] = (manifest.dependencies['node-forge'] ?? '').split('.').map(Number);
    expect(major * 1_000 + minor).toBeGreaterThanOrEqual(1_004);
  });
});
