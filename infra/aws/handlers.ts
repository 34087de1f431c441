/**
 * Every function, its purpose, and everything it may touch. Roles and environments are derived from this table
 * (constructs/handler-function.ts), so anything not listed here is not allowed.
 */

/** Exact DynamoDB actions on items whose partition key matches `keys`. */
interface RowAccess {
  keys: string;
  actions: readonly ('GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'BatchGetItem' | 'Query')[];
  /** May write, but never see the previous value. */
  blind?: true;
}

/** Query of one index, for partition keys that match `keys`. */
interface IndexAccess {
  index: 'listing' | 'unfolded';
  keys: string;
}

/**
 * `events` emits on the bus · `vgac` calls VGAC, with its key · `schedulers` reads the credentials of schedulers ·
 * `slack` posts as the bot · `slackChannel` knows the default channel · `slackWebhook` knows the fallback webhook ·
 * `slackSignature` verifies requests from Slack · `taskTokens` resumes executions of job-workflow ·
 * `explanations` calls the configured model · `newClusters` knows how many clusters may be new on a day.
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
  | 'explanations'
  | 'newClusters';

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

/**
 * Calibration, configuration, jobs, ledger, freeze and limits of clusters; the key `CLUSTER#*` itself means all
 * clusters.
 */
const CLUSTER = 'CLUSTER#*';
const APPROVAL = 'APPROVAL#*';
/** Signed requests already accepted, so that none is accepted twice. */
const REQUEST = 'REQUEST#*';
/** Model texts by the hash of the facts they explain, and the budget of the day. */
const EXPLANATION = 'EXPLANATION#*';
/** Task tokens are credentials: with one, a function could answer in place of a human. */
const TOKEN = 'TOKEN#*';

export const HANDLERS = {
  AdmitJob: {
    folder: 'job-workflow',
    purpose: 'Claims a round for one execution and joins the outcomes that waited for it.',
    rows: [on(CLUSTER, 'GetItem', 'Query', 'UpdateItem', 'DeleteItem')],
    reaches: ['newClusters'],
  },
  Observe: {
    folder: 'job-workflow',
    purpose:
      'Reads the state of the cluster, from VGAC or from the counts of the forecast, and compares it with its usual state.',
    rows: [on(CLUSTER, 'BatchGetItem', 'PutItem', 'Query')],
    reaches: ['vgac'],
    timeoutSeconds: 60,
  },
  CheckCalibration: {
    folder: 'job-workflow',
    purpose: 'Folds the known labels and decides how far predictions for this cluster may be trusted now.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem')],
    indexes: [query('unfolded', CLUSTER)],
  },
  Predict: {
    folder: 'job-workflow',
    purpose: 'Asks VGAC if there is one, decides, reserves, and records the decision.',
    rows: [on(CLUSTER, 'BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['vgac'],
    timeoutSeconds: 60,
  },
  Act: {
    folder: 'job-workflow',
    purpose: 'Carries out what the recorded decision or approval permits and reads it back.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'), on(APPROVAL, 'GetItem')],
    indexes: [query('unfolded', CLUSTER)],
    reaches: ['schedulers'],
    timeoutSeconds: 60,
  },
  Notify: {
    folder: 'job-workflow',
    purpose: 'Reports what was done and offers to undo it.',
    rows: [on(CLUSTER, 'GetItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
  },
  RequestApproval: {
    folder: 'job-workflow',
    purpose: 'Opens an approval, stores its task token and shows the card.',
    rows: [
      // Releases the slot of a question that its job has overtaken.
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
    purpose: 'Closes an approval that is out of date.',
    rows: [on(CLUSTER, 'GetItem', 'PutItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'events'],
  },
  RecordOutcome: {
    folder: 'job-workflow',
    purpose: 'Closes the row of the job, releases the slot of its question, and emits the result on the bus.',
    rows: [on(CLUSTER, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['events'],
  },
  ListClusters: {
    folder: 'drift-monitor',
    purpose: 'Lists the clusters to monitor.',
    indexes: [query('listing', 'CLUSTERS')],
  },
  FoldCluster: {
    folder: 'drift-monitor',
    purpose: 'Labels overdue jobs, folds settled ones, and says whether a recalibration is due.',
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
    purpose: 'Reports the clusters that a run could not visit.',
    rows: [on(CLUSTER, 'UpdateItem')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
    timeoutSeconds: 60,
  },
  WatchRefit: {
    folder: 'recalibration',
    purpose: 'Checks whether a refit of the forecast has turned out worse than the model before it.',
    rows: [on(CLUSTER, 'GetItem', 'Query', 'UpdateItem')],
    // Thousands of rounds are a few megabytes and a fraction of a second of arithmetic; more memory means more CPU.
    memoryMb: 1024,
    timeoutSeconds: 60,
  },
  RefitModel: {
    folder: 'recalibration',
    purpose: 'Refits the forecast on the latest rounds and evaluates it on the newest of them.',
    rows: [on(CLUSTER, 'GetItem', 'Query')],
    memoryMb: 1024,
    timeoutSeconds: 120,
  },
  PromoteRefit: {
    folder: 'recalibration',
    purpose: 'Puts a refit that proved better into force, in a new epoch.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'Query', 'UpdateItem')],
    memoryMb: 1024,
    timeoutSeconds: 120,
  },
  RejectRefit: {
    folder: 'recalibration',
    purpose: 'Records the evaluation of a refit that was not better.',
    rows: [on(CLUSTER, 'PutItem')],
  },
  RollBackRefit: {
    folder: 'recalibration',
    purpose: 'Puts the model before a refit back into force, in a new epoch.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'Query', 'UpdateItem')],
    memoryMb: 1024,
    timeoutSeconds: 120,
  },
  NotifyRefit: {
    folder: 'recalibration',
    purpose: 'Notifies people that a refit of the forecast is in force or was rolled back.',
    rows: [on(CLUSTER, 'GetItem')],
    reaches: ['slack', 'slackChannel', 'slackWebhook'],
  },
  IngestOutcome: {
    folder: 'events',
    purpose: 'Joins the outcome of a job to its row, voids open questions about it, and folds it at once.',
    rows: [
      on(CLUSTER, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
      on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem'),
      on(TOKEN, 'GetItem', 'DeleteItem'),
    ],
    indexes: [query('unfolded', CLUSTER)],
    reaches: ['slack', 'taskTokens', 'events', 'newClusters'],
    timeoutSeconds: 60,
  },
  IngestSnapshot: {
    folder: 'events',
    purpose: 'Corrects the counts of the built-in forecast by the whole queue as the scheduler reports it.',
    rows: [on(CLUSTER, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem')],
    indexes: [query('unfolded', CLUSTER)],
    reaches: ['newClusters'],
    timeoutSeconds: 60,
  },
  CloseExecution: {
    folder: 'events',
    purpose: 'Closes the row and the questions of an execution that ended without closing them.',
    rows: [on(CLUSTER, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'), on(APPROVAL, 'UpdateItem')],
  },
  ApprovalSweeper: {
    folder: 'events',
    purpose: 'Sends reminders, follows up on answers, and finishes what a crash interrupted.',
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
    purpose: 'Undoes an effect at the request of a person and reads it back.',
    rows: [on(CLUSTER, 'GetItem', 'PutItem', 'UpdateItem'), on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem')],
    reaches: ['slack', 'schedulers', 'events'],
    timeoutSeconds: 60,
  },
  DailyDigest: {
    folder: 'events',
    purpose: 'Reports once a day what was withheld and how approvals were answered.',
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
    purpose: 'Accepts an answer given outside Slack, decides once, and leaves the task token to the sweeper.',
    rows: [
      // Creates and deletes a freeze.
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
      // Creates and deletes a freeze.
      on(CLUSTER, 'GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem'),
      on(APPROVAL, 'GetItem', 'PutItem', 'UpdateItem'),
      blindly(REQUEST, 'PutItem'),
      on(TOKEN, 'GetItem', 'DeleteItem'),
    ],
    reaches: ['slack', 'slackSignature', 'taskTokens', 'events'],
    // Slack waits 3 seconds, cold start included; more memory means more CPU.
    memoryMb: 1024,
    timeoutSeconds: 10,
  },
} as const satisfies Record<string, HandlerSpec>;

export type HandlerName = keyof typeof HANDLERS;

/** Makes one value per handler. */
export function forEachHandler<T>(make: (name: HandlerName) => T): Record<HandlerName, T> {
  const names = Object.keys(HANDLERS) as HandlerName[];
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<HandlerName, T>;
}

/** The functions of one folder; for a state machine, these are all it may invoke. */
export function inFolder<T>(
  folder: HandlerSpec['folder'],
  functions: Readonly<Record<HandlerName, T>>,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(functions).filter(([name]) => HANDLERS[name as HandlerName].folder === folder),
  );
}
