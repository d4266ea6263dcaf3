import type { Announce } from './app/announcement.ts';
import { type Crew, serveHere } from './app/crew.ts';
import { policiesCacheIn, prepare } from './app/setup.ts';
import { startUpkeep } from './app/upkeep.ts';
import { serveByWorkers } from './app/workers.ts';
import type { Config } from './config/load.ts';
import type { PolicySet } from './policy/policy.ts';
import { type Result, succeed } from './policy/result.ts';
import { watchFolder } from './policy-store/watch.ts';
import { workerCount } from './supervisor/capacity.ts';
import type { Endpoint } from './supervisor/listen.ts';
import { defaultMemoryMb } from './supervisor/resources.ts';

export type Postern = {
  /** Where it listens: the ports are real even where the configuration says 0. */
  readonly endpoints: readonly Endpoint[];
  /** With workers a pattern of their files. */
  readonly logFile: string;
  /** How many processes serve. */
  readonly workers: number;
  readonly policies: PolicySet;
  /** Reads the policies, the certificates of TLS listeners and the CA anew. */
  reload(): void;
  reopenLogs(): void;
  /** Lets what runs end, within the drain limit, then ends the rest. */
  stop(): Promise<void>;
};

/** Wires a configuration into a running program, or says everything that keeps it from running. */
export async function startPostern(config: Config, announce: Announce): Promise<Result<Postern>> {
  const changes = heedChanges(config.policies, announce);
  const started = await start(config, announce, changes);
  if (!started.ok) changes.close();
  return started;
}

async function start(config: Config, announce: Announce, changes: Changes): Promise<Result<Postern>> {
  const prepared = await prepare(config, announce);
  if (!prepared.ok) return prepared;
  const { folder, setup, authority } = prepared.value;
  const workers = workerCount(config, defaultMemoryMb());
  const serving: Result<Crew> =
    workers === 1
      ? await serveHere(prepared.value, announce)
      : await serveByWorkers(workers, prepared.value, announce);
  if (!serving.ok) return serving;
  const crew = serving.value;
  const first = {
    policies: folder.policies,
    certificates: setup.certificates,
    authority,
    look: setup.look,
  };
  const upkeep = await startUpkeep(config, crew, first, policiesCacheIn(config.state), announce);
  changes.tell(upkeep.reloadPolicies);
  return succeed({
    endpoints: crew.endpoints,
    logFile: crew.logFile,
    workers,
    policies: folder.policies,
    reload: upkeep.reload,
    reopenLogs: upkeep.reopenLogs,
    async stop() {
      changes.close();
      upkeep.stop();
      await crew.stop();
    },
  });
}

/** Changes of the policy folder, from before it is first read: none may fall between reading and watching. */
type Changes = { tell(onChange: () => void): void; close(): void };

function heedChanges(folder: string, announce: Announce): Changes {
  let hasChanged = false;
  let onChange = (): void => {
    hasChanged = true;
  };
  const watcher = watchFolder(
    folder,
    () => onChange(),
    (error) => {
      const problem = `changes are not noticed by themselves: ${error.message}`;
      const hint = 'reload by hand with `postern reload` or a HUP signal';
      announce({ kind: 'warning', problem: { at: folder, problem, hint } });
    },
  );
  return {
    tell(listener) {
      onChange = listener;
      if (hasChanged) listener();
    },
    close: () => watcher.close(),
  };
}
