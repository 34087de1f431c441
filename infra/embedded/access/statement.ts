import * as z from 'zod';

const Texts = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? [given] : given))
  // A variable would have to be filled in per request; taken literally, a Deny would never match.
  .refine((texts) => texts.every((text) => !text.includes('${')), 'policy variables are not supported');
const Arns = Texts.refine(
  (arns) => arns.every((arn) => arn === '*' || arn.split(':').length >= 6),
  'each must be * or an ARN',
);
const Values = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((given) => (Array.isArray(given) ? given : [given]).map(String))
  .refine((texts) => texts.every((text) => !text.includes('${')), 'policy variables are not supported');

const Statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: Texts.optional(),
    NotAction: Texts.optional(),
    Resource: Arns.optional(),
    NotResource: Arns.optional(),
    Condition: z.record(z.string(), z.record(z.string(), Values)).default({}),
  })
  .refine((statement) => (statement.Action === undefined) !== (statement.NotAction === undefined), {
    message: 'needs either Action or NotAction',
  })
  .refine((statement) => (statement.Resource === undefined) !== (statement.NotResource === undefined), {
    message: 'needs either Resource or NotResource',
  });
export type Statement = z.infer<typeof Statement>;

/** An identity-based policy as a template holds it. */
export const PolicyDocument = z.strictObject({
  Version: z.literal('2012-10-17').optional(),
  Id: z.string().optional(),
  Statement: z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(Statement)),
});
