import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config/load.ts';
import type { Result } from '../policy/result.ts';
import {
  type AuthorityFolder,
  authorityExists,
  isLocked,
  readAuthorityFolder,
} from '../tls/authority-folder.ts';
import { abandonRotation, activateNext, beginRotation, finishRotation } from '../tls/authority-rotation.ts';
import { type KeyOptions, keyConfigFor, passphraseFor, withKeyOptions } from './ca-passphrase.ts';
import { tellFolder } from './ca-show.ts';
import { parseInstant } from './instant.ts';
import { failWith } from './output.ts';

type RotateOptions = KeyOptions & {
  readonly organization?: string;
  /** `true` for now, else milliseconds since the epoch. */
  readonly activate?: true | number;
  readonly finish?: boolean;
  readonly abandon?: boolean;
};

export function addCaRotate(ca: Command): void {
  withKeyOptions(ca.command('rotate'))
    .description('go over to a new CA: make it, have it sign, and let go of the one before')
    .option('--organization <name>', 'the name in the new one (default: that of the present one)')
    .addOption(
      new Option('--activate [time]', 'have the one that waits sign: now, or from a time on')
        .argParser(parseTime)
        .conflicts(['finish', 'abandon', 'organization']),
    )
    .addOption(
      new Option('--finish', 'let go of the one before, and of its key').conflicts([
        'abandon',
        'organization',
      ]),
    )
    .addOption(new Option('--abandon', 'take the new one back').conflicts('organization'))
    .addHelpText('after', STEPS)
    .action(rotate);
}

const STEPS = `
In this order, with \`postern ca show\` between to see how far it is:
  postern ca rotate               makes a CA that waits; export both, and have the clients trust both
  postern ca rotate --activate    it signs, as soon as the running Postern reloads: postern reload
  postern ca rotate --finish      when nobody needs the one before any more`;

function parseTime(text: string): number {
  const time = parseInstant(text);
  if (time > Date.now()) return time;
  throw new InvalidArgumentError('That time has passed: leave it out to have the CA sign now.');
}

async function rotate(options: RotateOptions): Promise<void> {
  const config = keyConfigFor(options);
  const folder = config.ok ? await carryOut(config.value, options) : config;
  if (!config.ok || !folder.ok) {
    failWith(folder.ok ? [] : folder.error, options);
    return;
  }
  if (!options.json) process.stdout.write(`${DONE[stepOf(options)]}\n`);
  tellFolder(config.value.certs, options);
}

type Step = 'begin' | 'activate' | 'schedule' | 'finish' | 'abandon';

function stepOf({ activate, finish, abandon }: RotateOptions): Step {
  if (activate !== undefined) return activate === true ? 'activate' : 'schedule';
  if (finish) return 'finish';
  return abandon ? 'abandon' : 'begin';
}

const DONE: Record<Step, string> = {
  begin: 'a new CA waits: export both (postern ca export), and have the clients trust both',
  activate: 'the new CA signs from now on: postern reload, for one that is running',
  schedule: 'the new CA signs from that time on: postern reload, for one that is running',
  finish: 'the CA before it is gone: the clients need trust the new one only',
  abandon: 'the new CA is gone: postern reload, for one that is running',
};

async function carryOut(config: Config, options: RotateOptions): Promise<Result<AuthorityFolder>> {
  const { certs } = config;
  const now = new Date();
  switch (stepOf(options)) {
    case 'begin': {
      const present = authorityExists(certs) ? readAuthorityFolder(certs, now) : undefined;
      const passphrase = await passphraseFor(config, present?.ok === true && isLocked(present.value.signing));
      const { organization } = options;
      return passphrase.ok
        ? beginRotation(certs, now, {
            passphrase: passphrase.value,
            ...(organization === undefined ? {} : { organization }),
          })
        : passphrase;
    }
    case 'activate':
      return activateNext(certs, now, now);
    case 'schedule':
      return activateNext(certs, new Date(Number(options.activate)), now);
    case 'finish':
      return finishRotation(certs, now);
    case 'abandon':
      return abandonRotation(certs, now);
  }
}
