import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The key of Squid's CA; its certificates have one of the same kind. */
export type BumpKey = 'P-256' | 'RSA-2048';

const CERTIFICATES = '/usr/lib/squid/security_file_certgen';
const CERTIFICATE_CACHE = '4MB';
const KEY_OPTIONS: Readonly<Record<BumpKey, readonly string[]>> = {
  'P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'RSA-2048': ['-newkey', 'rsa:2048'],
};

/** What has Squid show its page inside the tunnels that it denies, and leave the others alone. */
export function prepareBump(folder: string, key: BumpKey) {
  const [keyFile, caFile, both] = ['ca.key', 'ca.crt', 'ca.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const files = ['-keyout', keyFile, '-out', caFile];
  run('openssl', [
    'req',
    '-x509',
    ...KEY_OPTIONS[key],
    '-nodes',
    ...files,
    '-days',
    '30',
    '-subj',
    '/CN=Bench',
  ]);
  run('sh', ['-c', 'umask 077; cat "$1" "$2" > "$3"; chmod 644 "$3"', 'sh', caFile, keyFile, both]);
  const database = join(folder, 'certificates');
  run(CERTIFICATES, ['-c', '-s', database, '-M', CERTIFICATE_CACHE]);
  run('chmod', ['-R', 'a+rwX', database]); // started by root, Squid's helper goes on as another user
  return {
    caFile,
    portOptions: [
      'ssl-bump generate-host-certificates=on',
      `dynamic_cert_mem_cache_size=${CERTIFICATE_CACHE} tls-cert=${both}`,
    ].join(' '),
    settings: [
      `sslcrtd_program ${CERTIFICATES} -s ${database} -M ${CERTIFICATE_CACHE}`,
      'sslcrtd_children 1 startup=1 idle=1',
      'ssl_bump splice all', // a tunnel that is denied is bumped whatever stands here
    ],
  } as const;
}

function run(file: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file}: ${error?.message ?? stderr}`);
}
