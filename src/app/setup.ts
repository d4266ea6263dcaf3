import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { placeFiles } from '../config/file-places.ts';
import type { Config } from '../config/load.ts';
import { expiredExceptions } from '../policy/policy-tests.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { type CompiledFolder, loadFolder } from '../policy-store/load.ts';
import { askRunning, isRunning } from '../supervisor/control.ts';
import { authorityExists, createAuthority } from '../tls/authority.ts';
import { publishRoots } from '../tls/published-roots.ts';
import { newTicketSecret } from '../tls/ticket-keys.ts';
import type { Announce } from './announcement.ts';
import { expiryWarnings, type HeldAuthority, holdAuthority, passphraseOf } from './authority.ts';
import { examineConfig } from './examine.ts';
import type { ProxySetup } from './proxy.ts';
import { createReach } from './upstream.ts';

/** All that is read at start, once, whoever then serves. */
export type Prepared = {
  readonly setup: ProxySetup;
  readonly folder: CompiledFolder;
  /** Undefined where blocked tunnels get no page. */
  readonly authority: HeldAuthority | undefined;
};

/** Reads and checks whatever the configuration names, or says all that is wrong with it. Nothing listens yet. */
export async function prepare(config: Config, announce: Announce): Promise<Result<Prepared>> {
  const warn = (problem: Problem): void => announce({ kind: 'warning', problem });
  if (await isRunning(config.state)) return fail([await stateInUse(config.state)]);
  const folder = await loadFolder(config.policies, Date.now(), policiesCacheIn(config.state));
  if (!folder.ok) return folder;
  const { policies } = folder.value;
  const ports = new Set(config.listen.map(({ port }) => port));
  const reach = createReach(config, () => ports);
  const examined = await examineConfig(config, policies, reach, new Date());
  if (examined.problems.length > 0) return fail(examined.problems);
  for (const problem of examined.unknownParents) warn(problem);
  const authority =
    config.blockPage.https === 'page' ? prepareAuthority(config, announce) : succeed(undefined);
  if (!authority.ok) return authority;
  // At start an exception that has ended is a warning: it spares nobody any more, and a restart must not fail by it.
  for (const problem of expiredExceptions(policies, Date.now())) warn(problem);
  for (const problem of [...examined.ending, ...examined.look.problems]) warn(problem);
  const held = authority.value;
  for (const problem of held === undefined ? [] : expiryWarnings(held, new Date())) warn(problem);
  const { at: _at, text: _text, ...plain } = config;
  const { certificates, upstream } = examined;
  const read = { authority: held?.pems, upstream, certificates, look: examined.look.look };
  const own = { name: newName(), ticketSecret: newTicketSecret() };
  return succeed({
    folder: folder.value,
    authority: held,
    setup: { config: plain, worker: undefined, ...own, ...read },
  });
}

/** The file in which `loadFolder` keeps what the YAML says. */
export const policiesCacheIn = (state: string): string => join(state, 'policies.cache');

/** Unlike any other proxy's, so that our own element in a `Via` means a loop. */
const newName = (): string => `postern-${randomBytes(4).toString('hex')}`;

/** The CA is made on first start, so that a fresh machine shows its first block page without a further step. */
function prepareAuthority(config: Config, announce: Announce): Result<HeldAuthority> {
  const { certs } = config;
  if (!authorityExists(certs)) {
    const passphrase = passphraseOf(config);
    if (!passphrase.ok) return fail(placeFiles(passphrase.error, config));
    const created = createAuthority(certs, { now: new Date(), passphrase: passphrase.value });
    if (!created.ok) return created;
    announce({ kind: 'ca-created', directory: certs });
  }
  const held = holdAuthority(config);
  // A crash may have come between a change of the CA and what clients are told of it.
  const told = held.ok ? publishRoots(certs, held.value.folder) : held;
  if (!told.ok && held.ok) for (const problem of told.error) announce({ kind: 'warning', problem });
  return held;
}

/** Two on one state folder would write one log, and each would unlink the other's socket. */
async function stateInUse(at: string): Promise<Problem> {
  const other = await askRunning(at, 'status');
  const which = other.ok ? `process ${other.value.pid}` : 'which does not answer';
  return {
    at,
    problem: `another Postern, ${which}, runs with this state folder`,
    hint: 'stop it, or give this one a folder of its own with --state',
  };
}
