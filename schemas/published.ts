import * as z from 'zod';
import { ClusterConfig, ConfigFile } from './config.ts';
import { Decision } from './decision.ts';
import { Effect } from './effect.ts';
import { JobCancelled, JobEnded, JobStarted, JobSubmitted, QueueSnapshot } from './events/collector.ts';
import { EmittedEvents } from './events/emitted.ts';
import { ApprovalAnswer, ApprovalItem, AuditItem, TokenItem } from './items/approval.ts';
import { CalibrationItem } from './items/calibration.ts';
import { ConfigItem, CooldownItem, FreezeItem, HourItem, NewClustersItem, ProfileItem } from './items/cluster.ts';
import { ExplanationItem } from './items/explanation.ts';
import { ForecastItem, ForecastRow, SnapshotItem } from './items/forecast.ts';
import { JobItem } from './items/job.ts';
import { LedgerItem } from './items/ledger.ts';
import { OutcomeItem } from './items/outcome.ts';
import { RefitItem } from './items/refit.ts';
import * as driftMonitor from './machines/drift-monitor.ts';
import * as jobWorkflow from './machines/job-workflow.ts';
import * as recalibration from './machines/recalibration.ts';
import * as answer from './ports/answer.ts';
import * as scheduler from './ports/scheduler.ts';
import * as slack from './ports/slack.ts';
import * as vgac from './ports/vgac.ts';
import { Verdict } from './verdict.ts';

/** The schemas a module exports, by name. */
const boundaries = (module: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(module).filter(([, value]) => value instanceof z.ZodType)) as Record<
    string,
    z.ZodType
  >;

/** Everything that crosses a boundary, by the name of its JSON Schema file. */
export const published: Record<string, z.ZodType> = {
  JobSubmitted,
  JobStarted,
  JobEnded,
  JobCancelled,
  QueueSnapshot,
  ...EmittedEvents,
  ClusterConfig,
  ConfigFile,
  Decision,
  Effect,
  Verdict,
  JobItem,
  OutcomeItem,
  LedgerItem,
  ForecastItem,
  ForecastRow,
  SnapshotItem,
  RefitItem,
  CalibrationItem,
  ConfigItem,
  ProfileItem,
  FreezeItem,
  CooldownItem,
  HourItem,
  NewClustersItem,
  ApprovalItem,
  TokenItem,
  AuditItem,
  ExplanationItem,
  ApprovalAnswer,
  ...boundaries(jobWorkflow),
  ...boundaries(driftMonitor),
  ...boundaries(recalibration),
  ...boundaries(vgac),
  ...boundaries(scheduler),
  ...boundaries(slack),
  ...boundaries(answer),
};

/** JSON Schema (draft 2020-12) of what a sender writes; bytes and sets, which JSON does not have, are left open. */
export function toJsonSchemaText(name: string, schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return `${JSON.stringify({ title: name, ...json }, null, 2)}\n`;
}
