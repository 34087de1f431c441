import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

interface Fact {
  readonly what: string;
  /** How a copy of it would look. */
  readonly looks: RegExp;
  readonly home: string;
  /** Files in which the same characters mean something else. */
  readonly others?: readonly string[];
}

const FACTS: readonly Fact[] = [
  {
    what: 'the score above which the agent acts autonomously',
    looks: /(?<![\w.])0?\.85\b/,
    home: 'functions/domain/thresholds.ts',
    others: [
      // Words for a probability, a made-up share of nodes.
      'functions/domain/question-words.ts',
      'infra/demo/simulator/profiles.ts',
    ],
  },
  {
    what: 'the score above which it acts and tells',
    looks: /(score|Score)\b.{0,20}[<>]=? ?0?\.60?\b|\by\(0?\.60?\)/,
    home: 'functions/domain/thresholds.ts',
  },
  {
    what: 'how many outcomes there have to be',
    looks: /\b50 (outcomes|labels)\b|(outcomes|labels|size|\bn)\b.{0,10}[<>]=? ?50\b/,
    home: 'functions/domain/thresholds.ts',
  },
  {
    what: 'the names of the tiers',
    looks: /['"]annotate['"], ?['"]warn['"], ?['"]suggest['"]/,
    home: 'schemas/tiers.ts',
  },
  { what: 'what expired says', looks: /nobody answered by/, home: 'functions/domain/answer-words.ts' },
  { what: 'what void says', looks: /it no longer fits the situation/, home: 'functions/domain/answer-words.ts' },
  { what: 'the model that explains', looks: /\bglobal\.anthropic\./, home: 'infra/aws/config.ts' },
  { what: 'what that model is told', looks: /INSTRUCTIONS = /, home: 'functions/domain/explanation.ts' },
  {
    what: 'one-sided 90 and 99 % of the standard normal',
    looks: /\b1\.2816\b|\b2\.3263\b/,
    home: 'functions/domain/calibration/normal.ts',
  },
];

/** Comments explain numbers and may name them. */
const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$|"Comment": ".*"/gm, '');

const sources = ['functions', 'infra', 'schemas', 'statemachines'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|asl\.json)$/.test(name))
    .map((name) => {
      const file = join(folder, name);
      return { file, text: withoutComments(readFileSync(join(ROOT, file), 'utf8')) };
    }),
);

describe('a fact', () => {
  it.each(FACTS)('stands once: $what', ({ looks, home, others = [] }) => {
    const copies = sources.filter(({ text }) => looks.test(text)).map(({ file }) => file);
    expect(copies.filter((file) => file !== home && !others.includes(file))).toEqual([]);
  });
});

describe('the console', () => {
  it('reads tables through the adapters of the functions, and in no way of its own', () => {
    const own = sources.filter(
      ({ file, text }) =>
        file.startsWith('infra/console/') && /\b(Command|paginate)\w*\(|\bnew \w+Command\b/.test(text),
    );
    expect(own.map(({ file }) => file)).toEqual([]);
  });
});
