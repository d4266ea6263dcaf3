/**
 * Imports point one way (docs/architecture.md). Each rule names the room it guards and what that room may see;
 * whatever is not listed is an error. test/architecture.test.ts runs this and asserts that it looked at the sources.
 */
const room = (name, mayImport) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `src/${name} may import only: ${['itself', ...mayImport].join(', ')}`,
  from: { path: `^src/${name}` },
  to: { path: '^src/', pathNot: [`^src/${name}`, ...mayImport.map((other) => `^src/${other}`)] },
});

/** What all of the data path may import. */
const DATA_PATH = [
  'policy/',
  'policy-store/',
  'identity/',
  'tls/',
  'block-page/',
  'own-site/',
  'decision-log/(record|incident)\\.ts',
];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-packages-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    { name: 'src-never-imports-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
    room('policy/', []),
    room('policy/matching/', ['policy/(result|host|name-limits|network|public-suffix)\\.ts']),
    room('policy/yaml/', ['policy/(result|nearest)\\.ts']),
    room('policy/times/', ['policy/(result|nearest)\\.ts']),
    room('policy/language/', [
      'policy/(matching|yaml|times)/',
      'policy/(result|nearest|network|request-url|policy|identifier|meant-list)\\.ts',
    ]),
    room('tls/', ['files/replace-file\\.ts']),
    room('files/', ['policy/']),
    room('policy-store/', ['policy/', 'files/']),
    room('lists/', ['policy/', 'files/']),
    room('lint/', ['policy/']),
    room('replay/', ['policy/', 'identity/', 'decision-log/']),
    room('pac/', ['policy/']),
    room('reach/', ['decision-log/']),
    room('config/', ['policy/', 'proxy/bounds/limits\\.ts']),
    room('identity/', ['policy/']),
    room('decision-log/(record|incident)\\.ts', ['policy/']),
    room('decision-log/', ['policy/', 'files/']),
    room('metrics/', ['policy/', 'decision-log/record\\.ts']),
    room('block-page/(?!over-tls)', ['policy/']),
    room('block-page/over-tls', ['block-page/', 'tls/']),
    room('own-site/', ['policy/', 'pac/', 'block-page/(?!over-tls)', 'decision-log/find-incident\\.ts']),
    room('proxy/', DATA_PATH),
    room('proxy/bounds/', [...DATA_PATH, 'proxy/client-socket\\.ts']),
    room('proxy/http/', [...DATA_PATH, 'proxy/bounds/', 'proxy/client-socket\\.ts']),
    room('proxy/outward/', [
      ...DATA_PATH,
      'proxy/(bounds|http)/',
      'proxy/client-socket\\.ts',
      'proxy/tunnels/tunnel-rules\\.ts',
    ]),
    room('proxy/outward/dns/', ['policy/(result|host|address)\\.ts', 'proxy/outward/reread\\.ts']),
    room('proxy/tunnels/', [...DATA_PATH, 'proxy/bounds/', 'proxy/(client-socket|admit)\\.ts']),
    room('proxy/arrival/', [...DATA_PATH, 'proxy/bounds/', 'proxy/(client-socket|admit)\\.ts']),
    room('supervisor/', ['policy/', 'policy-store/']),
    {
      name: 'only-the-top-sees-everything',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|main|cli/)' },
      to: { path: '^src/(app|main|cli/)' },
    },
    {
      name: 'policy-is-pure',
      severity: 'error',
      comment: 'No I/O, no sockets, no clock, no environment in the core; hashing is arithmetic.',
      from: { path: '^src/policy/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
