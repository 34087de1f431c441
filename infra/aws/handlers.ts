/**
 * Every function, what it is for, and all it may touch. Roles and environments are derived from this table
 * (constructs/handler-function.ts), so that what is not written here is not allowed.
 */

/** Exact DynamoDB actions on items whose partition key matches `keys`. */
interface RowAccess {
  keys: string;
  actions: readonly ('GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'BatchGetItem' | 'Query')[];
  /** May write, and never see what was there before. */
  blind?: true;
}

/** Query of one index, for partition keys that match `keys`. */
interface IndexAccess {
  index: 'listing' | 'unfolded';
  keys: string;
}

/**
 * `events` emits on the bus · `vgac` asks VGAC, with its key · `schedulers` reads the credentials of schedulers ·
 * `slack` speaks as the bot · `slackChannel` knows where to speak first · `slackWebhook` knows the fallback webhook ·
 * `slackSignature` verifies what Slack sends · `taskTokens` resumes executions of job-workflow ·
 * `explanations` asks the configured model.
 */
export type Reach =
  | 'events'
  | 'vgac'
  | 'schedulers'
  | 'slack'
  | 'slackChannel'
  | 'slackWebhook'
  | 'slackSignature'
  | 'taskTokens'
  | 'explanations';

export interface HandlerSpec {
  folder: 'job-workflow' | 'drift-monitor' | 'recalibration' | 'events' | 'http';
  purpose: string;
  rows?: readonly RowAccess[];
  indexes?: readonly IndexAccess[];
  reaches?: readonly Reach[];
  /** Default 30 seconds. */
  timeoutSeconds?: number;
  /** Default 512 MB. */
  memoryMb?: number;
}

const on = (keys: string, ...actions: RowAccess['actions']): RowAccess => ({ keys, actions });
const blindly = (...row: Parameters<typeof on>): RowAccess => ({ ...on(...row), blind: true });
const query = (index: IndexAccess['index'], keys: string): IndexAccess => ({ index, keys });

/** Calibration, configuration, jobs, ledger, freeze and limits of clusters; `CLUSTER#*` itself is "all of them". */
const CLUSTER = 'CLUSTER#*';
const APPROVAL = 'APPROVAL#*';
/** Signed requests that were taken, so that none is taken twice. */
const REQUEST = 'REQUEST#*';
/** Texts of a model by the hash of what they explain, and the budget of the day. */
const EXPLANATION = 'EXPLANATION#*';
/** Task tokens are credentials: whoever reads one can answer for a human. */
const TOKEN = 'TOKEN#*';

export const HANDLERS = {
  AdmitJob: {
    folder: 'job-workflow',
    purpose: 'Claims a round for one execution, and joins the outcomes that waited for it.',
    rows: [on(CLUSTER, 'GetItem', 'Query', 'UpdateItem', 'DeleteItem')],
  },
  Observe: {
    folder: 'job-workflow',
    purpose:
      'Looks how the cluster is, by VGAC or by what the forecast has counted, and compares with what is usual there.',
    rows: [on(CLUSTER, 'BatchGetItem', 'PutItem', 'Query')],
    reaches: ['vgac'],
    timeoutSeconds: 60,
  },
  CheckCalibration: {
    folder: 'job-workflow',
    purpose: 'Folds what is known, and decides how far predictions for this cluster may be trusted now.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem')],
    indexes: [query('unfolded', CLUSTER)],
  },
  Predict: {
    folder: 'job-workflow',
    purpose: 'Asks VGAC where there is one, decides, reserves and records the decision.',
    rows: [on(CLUSTER, 'BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['vgac'],
    timeoutSeconds: 60,
  },
  Act: {
    folder: 'job-workflow',
    purpose: 'Does what the recorded decision or approval permits, and reads it back.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'), on(APPROVAL, 'GetItem')],
    indexes: [query('unfolded', CLUSTER)],
    reaches: ['schedulers'],
    timeoutSeconds: 60,
  },
  Notify: {
    folder: 'job-workflow',
    purpose: 'Notifies people of what was done, and lets them undo it.',
    rows: [on(CLUSTER, 'GetItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
  },
  RequestApproval: {
    folder: 'job-workflow',
    purpose: 'Opens an approval, stores its task token and shows the card.',
    rows: [
      // Frees the place of a question that its job has overtaken.
      on(CLUSTER, 'GetItem', 'PutItem'),
      on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem'),
      blindly(TOKEN, 'PutItem'),
    ],
    reaches: ['slack', 'slackChannel', 'slackWebhook', 'events'],
  },
  ExpireApproval: {
    folder: 'job-workflow',
    purpose: 'Closes an approval that nobody answered in time.',
    rows: [on(CLUSTER, 'GetItem', 'PutItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'events'],
  },
  VoidApproval: {
    folder: 'job-workflow',
    purpose: 'Closes an approval that no longer fits the world.',
    rows: [on(CLUSTER, 'GetItem', 'PutItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'events'],
  },
  RecordOutcome: {
    folder: 'job-workflow',
    purpose: 'Closes the row of the job, frees the place of its question, and says so on the bus.',
    rows: [on(CLUSTER, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['events'],
  },
  ListClusters: {
    folder: 'drift-monitor',
    purpose: 'Lists the clusters to look after.',
    indexes: [query('listing', 'CLUSTERS')],
  },
  FoldCluster: {
    folder: 'drift-monitor',
    purpose: 'Labels overdue jobs, folds what is settled, and says whether a recalibration is due.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem')],
    indexes: [query('unfolded', CLUSTER)],
    timeoutSeconds: 300,
  },
  NotifyDrift: {
    folder: 'drift-monitor',
    purpose: 'Notifies people that a cluster lost or regained trust.',
    rows: [on(CLUSTER, 'GetItem', 'UpdateItem')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
  },
  ReportFailures: {
    folder: 'drift-monitor',
    purpose: 'Names the clusters that a run could not visit.',
    rows: [on(CLUSTER, 'UpdateItem')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
    timeoutSeconds: 60,
  },
  WatchRefit: {
    folder: 'recalibration',
    purpose: 'Looks whether a refit of the forecast has turned out worse than what was learned before it.',
    rows: [on(CLUSTER, 'GetItem', 'Query', 'UpdateItem')],
    // Thousands of rounds are a few megabytes and a fraction of a second of arithmetic; more memory is more processor.
    memoryMb: 1024,
    timeoutSeconds: 60,
  },
  RefitModel: {
    folder: 'recalibration',
    purpose: 'Fits the forecast anew on the newest rounds and proves it on the newest of them.',
    rows: [on(CLUSTER, 'GetItem', 'Query')],
    memoryMb: 1024,
    timeoutSeconds: 120,
  },
  PromoteRefit: {
    folder: 'recalibration',
    purpose: 'Puts a refit that was proven better in force, in a new epoch.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'Query', 'UpdateItem')],
    memoryMb: 1024,
    timeoutSeconds: 120,
  },
  RejectRefit: {
    folder: 'recalibration',
    purpose: 'Keeps the proof of a refit that was not better.',
    rows: [on(CLUSTER, 'PutItem')],
  },
  RollBackRefit: {
    folder: 'recalibration',
    purpose: 'Puts what was learned before a refit back in force, in a new epoch.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'Query', 'UpdateItem')],
    memoryMb: 1024,
    timeoutSeconds: 120,
  },
  NotifyRefit: {
    folder: 'recalibration',
    purpose: 'Notifies people that a refit of the forecast is in force, or was rolled back.',
    rows: [on(CLUSTER, 'GetItem')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
  },
  IngestOutcome: {
    folder: 'events',
    purpose: 'Joins what a job really did to its row, makes open questions about it void, and folds it at once.',
    rows: [
      on(CLUSTER, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
      on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem'),
      on(TOKEN, 'GetItem', 'DeleteItem'),
    ],
    indexes: [query('unfolded', CLUSTER)],
    reaches: ['slack', 'taskTokens', 'events'],
    timeoutSeconds: 60,
  },
  IngestSnapshot: {
    folder: 'events',
    purpose: 'Corrects what the built-in forecast has counted by what a scheduler says of its whole queue.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem')],
    indexes: [query('unfolded', CLUSTER)],
    timeoutSeconds: 60,
  },
  CloseExecution: {
    folder: 'events',
    purpose: 'Closes the row of an execution that ended without doing so, and releases its reservation.',
    rows: [on(CLUSTER, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem')],
  },
  ApprovalSweeper: {
    folder: 'events',
    purpose: 'Reminds, follows what came of answers, and finishes what a crash left half done.',
    rows: [
      on(CLUSTER, 'GetItem', 'PutItem'),
      on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem'),
      on(TOKEN, 'GetItem', 'DeleteItem'),
    ],
    indexes: [query('listing', 'APPROVALS#OPEN')],
    reaches: ['slack', 'taskTokens', 'events'],
    timeoutSeconds: 55,
  },
  UndoEffect: {
    folder: 'events',
    purpose: 'Takes back an effect that a person asked to undo, and reads it back.',
    rows: [on(CLUSTER, 'GetItem', 'PutItem', 'UpdateItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'schedulers', 'events'],
    timeoutSeconds: 60,
  },
  DailyDigest: {
    folder: 'events',
    purpose: 'Posts once a day what was withheld, and how approvals were answered.',
    rows: [on(CLUSTER, 'GetItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    indexes: [query('listing', 'CLUSTERS'), query('listing', CLUSTER), query('listing', 'APPROVALS#CLOSED#*')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
    // A busy cluster decides a hundred thousand jobs a day.
    timeoutSeconds: 300,
  },
  ExplainApproval: {
    folder: 'events',
    purpose: 'Adds an explanation in words to a card that is already posted.',
    rows: [on(APPROVAL, 'GetItem', 'UpdateItem'), on(EXPLANATION, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'explanations'],
  },
  AnswerApproval: {
    folder: 'http',
    purpose: 'Takes what a person answers outside of Slack, decides once, and leaves the task token to the sweeper.',
    rows: [
      // Puts and deletes a freeze.
      on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'),
      on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem'),
    ],
    reaches: ['slack', 'events'],
    memoryMb: 1024,
    timeoutSeconds: 10,
  },
  SlackWebhook: {
    folder: 'http',
    purpose: 'Verifies a click, decides once, resumes the execution and updates the card.',
    rows: [
      // Puts and deletes a freeze.
      on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'),
      on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem'),
      blindly(REQUEST, 'PutItem'),
      on(TOKEN, 'GetItem', 'DeleteItem'),
    ],
    reaches: ['slack', 'slackSignature', 'taskTokens', 'events'],
    // Slack waits 3 seconds, a cold start included; more memory is more processor.
    memoryMb: 1024,
    timeoutSeconds: 10,
  },
} as const satisfies Record<string, HandlerSpec>;

export type HandlerName = keyof typeof HANDLERS;

/** One of something per handler. */
export function forEachHandler<T>(make: (name: HandlerName) => T): Record<HandlerName, T> {
  const names = Object.keys(HANDLERS) as HandlerName[];
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<HandlerName, T>;
}

/** The functions of one folder: for a machine, all that it may invoke. */
export function inFolder<T>(
  folder: HandlerSpec['folder'],
  functions: Readonly<Record<HandlerName, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(functions).filter(([name]) => HANDLERS[name as HandlerName].folder === folder),
  );
}
