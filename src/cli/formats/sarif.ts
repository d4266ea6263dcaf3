import { CODES, type Fix } from '../../lint/finding.ts';
import { VERSION } from '../version.ts';
import type { Locate, Location, Report } from './report.ts';

const ERROR_RULE = 'policy-error';
const RULES: readonly (readonly [id: string, says: string])[] = [
  [ERROR_RULE, 'Something that keeps the policies from being used.'],
  ...Object.entries(CODES),
];

/** SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function sarifLog({ problems, warnings }: Report, locate: Locate): unknown {
  const results = [
    ...problems.map((problem) => resultOf('error', ERROR_RULE, problem, locate)),
    ...warnings.map((finding) => resultOf('warning', finding.code, finding, locate)),
  ];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'postern',
            version: VERSION,
            rules: RULES.map(([id, text]) => ({ id, shortDescription: { text } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}

type Told = {
  readonly at: string;
  readonly problem: string;
  readonly hint: string;
  readonly fix?: Fix;
};

function resultOf(level: 'error' | 'warning', ruleId: string, told: Told, locate: Locate): unknown {
  const place = locate(told.at);
  const { at, problem, hint, fix } = told;
  return {
    ruleId,
    ruleIndex: RULES.findIndex(([id]) => id === ruleId),
    level,
    message: { text: `${place === undefined ? `${at}: ` : ''}${problem} (${hint})` },
    ...(place === undefined ? {} : { locations: [{ physicalLocation: physical(place) }] }),
    ...(place === undefined || fix === undefined ? {} : { fixes: [fixObject(place, fix)] }),
  };
}

const physical = ({ file, line, column }: Location) => ({
  artifactLocation: { uri: uriOf(file) },
  region: { startLine: line, startColumn: column },
});

const fixObject = ({ file }: Location, { start, end, replacement, change }: Fix) => ({
  description: { text: change },
  artifactChanges: [
    {
      artifactLocation: { uri: uriOf(file) },
      replacements: [
        {
          deletedRegion: { charOffset: start, charLength: end - start },
          insertedContent: { text: replacement },
        },
      ],
    },
  ],
});

/** A relative reference; whatever a URI keeps for itself is escaped. */
const uriOf = (file: string): string => file.split('/').map(encodeURIComponent).join('/');
