import { execFile, spawnSync } from 'node:child_process';

/** Whether a program that Debian has is on this machine; tests that need it say so in their names when they skip. */
export const hasCommand = (name: string): boolean => spawnSync('which', [name]).status === 0;

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end, with the certificates that the machine may point programs to left out. */
export function run(file: string, args: readonly string[], timeout = 20_000): Promise<Ran> {
  const environment = Object.entries(process.env).filter(([name]) => !/CERT|CA_BUNDLE|_proxy$/i.test(name));
  return new Promise((resolve) => {
    const options = { env: Object.fromEntries(environment), timeout };
    const child = execFile(file, [...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end(); // so that none waits for what nobody will type
  });
}
