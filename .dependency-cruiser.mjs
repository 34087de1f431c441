/**
 * Which way imports run. `npm run check` fails on an arrow against it; the order of each list is from the lowest room up, and a room
 * imports only rooms before it.
 */
const HANDLERS = 'functions/(job-workflow|drift-monitor|recalibration|events|http)';

/** The programs of infra. */
const PROGRAMS = ['aws', 'replay', 'runtime', 'console', 'demo', 'cli'];
/** The parts of the one-machine runtime; what lies at its root puts them together. */
const RUNTIME_PARTS = [
  'clock',
  'journal',
  'assembly',
  'engine',
  'access',
  'tables',
  'services',
  'functions',
  'bus',
  'wire',
  '(system|integrations).ts$',
];

/** One rule for each room of a list but the last: it imports none that comes after it. */
const upwards = (parent, rooms) =>
  rooms.slice(0, -1).map((room, at) => ({
    name: `${parent}${room} imports only what lies below it`,
    severity: 'error',
    from: { path: `^${parent}${room}/` },
    to: { path: rooms.slice(at + 1).map((above) => `^${parent}${above}${above.endsWith('$') ? '' : '/'}`) },
  }));

const forbid = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to });

export default {
  forbidden: [
    forbid('there is no circle', '', { circular: true }),
    forbid('schemas know nothing but zod', '^schemas/', { pathNot: ['^schemas/', '(^|node_modules/)zod'] }),
    forbid('the domain is pure: no SDK, no network, no files, no clock of its own', '^functions/domain/', {
      pathNot: ['^functions/domain/', '^schemas/', '(^|node_modules/)zod', '^(node:)?crypto$'],
    }),
    forbid('use cases know rules and ports, and no adapter', '^functions/application/', {
      pathNot: ['^functions/(application|domain)/', '^schemas/', '(^|node_modules/)zod', '^(node:)?crypto$'],
    }),
    forbid('adapters are below handlers, and know no runtime', '^functions/adapters/', {
      path: [`^${HANDLERS}/`, '^functions/runtime/'],
    }),
    forbid('only adapters talk to the outside through an SDK', '^functions/(?!adapters/)', {
      path: '@aws-sdk/|@slack/|@kubernetes/',
    }),
    forbid(
      'approvals are answered through use cases: what is not Slack knows nothing of Slack',
      '^(infra/|functions/http/answer-approval)',
      { path: '^functions/adapters/slack/' },
    ),
    forbid('what speaks to Slack stores nothing', '^functions/adapters/slack/', {
      path: '^functions/adapters/tables/',
    }),
    forbid('the runtime of functions knows no rule and no adapter', '^functions/runtime/', {
      pathNot: [
        '^functions/runtime/',
        '^schemas/',
        '(^|node_modules/)(zod|@middy|@aws-lambda-powertools|@types/aws-lambda|aws-lambda)',
      ],
    }),
    forbid('functions do not know where they run', '^functions/', { path: '^(infra|test)/' }),
    forbid('handlers are not imported', '^(schemas|functions|infra)/', { path: `^${HANDLERS}/` }),
    forbid('only the back-test tries other numbers', '^(?!infra/replay/)', { path: '^functions/domain/overrides' }),
    forbid('the back-test knows the rules, and neither use case nor adapter', '^infra/replay/', {
      path: '^functions/(application|adapters|runtime)/',
    }),
    forbid(
      'the runtime, the stand-ins and the CDK app import nothing of the functions but rules',
      '^infra/(aws|runtime|demo)/',
      {
        path: '^functions/(application|adapters|runtime)/',
      },
    ),
    forbid('the console cannot reach a token', '^infra/console/', {
      path: '^functions/adapters/tables/task-tokens',
      reachable: true,
    }),
    ...upwards('infra/', PROGRAMS),
    ...upwards('infra/runtime/', RUNTIME_PARTS),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
  },
};
