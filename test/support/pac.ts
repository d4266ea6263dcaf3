import { createPacResolver } from 'pac-resolver';
import { QuickJS } from 'quickjs-wasi';

/** What a PAC file must never call: each asks a name server, and the browser waits meanwhile. */
const ASKING = ['dnsResolve', 'isResolvable', 'isInNet', 'myIpAddress'];

/** The function in a PAC file, as pac-resolver runs it, in an engine of its own and without name servers. */
export async function pacResolver(text: string): Promise<(url: string, host?: string) => Promise<string>> {
  const sandbox = Object.fromEntries(
    ASKING.map((name) => [
      name,
      () => {
        throw new Error(`the PAC file calls ${name}`);
      },
    ]),
  );
  return createPacResolver(await QuickJS.create(), text, { sandbox });
}
