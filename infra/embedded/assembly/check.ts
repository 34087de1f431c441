import type { Assembly } from './specs.ts';

/** An assembly before it has been looked over. */
type Loaded = Omit<Assembly, 'inert' | 'warnings'>;

/** Targets, dead-letter queues, buses, routes and roles that lead nowhere, each named with who points there. */
export function danglingReferences({
  functions,
  machines,
  roles,
  queues,
  rules,
  schedules,
  routes,
  buses,
}: Loaded): string[] {
  const queueArns = new Set(queues.map(({ arn }) => arn));
  const known = new Set([...functions, ...machines, ...queues].map(({ arn }) => arn));
  const roleArns = new Set(roles.map(({ arn }) => arn));
  const busNames = new Set(buses.map(({ name }) => name));
  const invoked = [
    ...rules.flatMap(({ name, targets }) => targets.map((target) => ({ where: `rule ${name}`, target }))),
    ...schedules.map(({ name, target }) => ({ where: `schedule ${name}`, target })),
  ];
  const deadLetters = [
    ...invoked.map(({ where, target }) => ({ where, arn: target.deadLetterArn })),
    ...functions.flatMap(({ name, async }) =>
      [async.onFailureArn, async.deadLetterArn].map((arn) => ({ where: `function ${name}`, arn })),
    ),
    ...queues.map(({ name, redrive }) => ({ where: `queue ${name}`, arn: redrive?.arn ?? null })),
  ];
  return [
    ...[...functions, ...machines]
      .filter(({ roleArn }) => !roleArns.has(roleArn))
      .map(({ arn, roleArn }) => `${arn}: its role ${roleArn} is not in this assembly`),
    ...invoked
      .filter(({ target }) => !known.has(target.arn))
      .map(
        ({ where, target }) => `${where}: target ${target.arn} is not a function, machine or queue of this assembly`,
      ),
    ...deadLetters
      .filter(({ arn }) => arn !== null && !queueArns.has(arn))
      .map(({ where, arn }) => `${where}: dead letters go to ${arn}, which is not a queue of this assembly`),
    ...rules
      .filter(({ busName }) => !busNames.has(busName))
      .map(({ name, busName }) => `rule ${name}: bus ${busName} is not in this assembly`),
    ...routes
      .filter(({ functionArn }) => !known.has(functionArn))
      .map(
        ({ method, path, functionArn }) => `route ${method} ${path}: ${functionArn} is not a function of this assembly`,
      ),
  ];
}

/** As on AWS, a rule's dead-letter queue does not see what a handler throws; only the function's own one does. */
export function lostFailures({ functions, rules, schedules }: Loaded): string[] {
  const invoked = new Set(
    [...rules.flatMap(({ targets }) => targets), ...schedules.map(({ target }) => target)].map(({ arn }) => arn),
  );
  return functions
    .filter(({ arn, async }) => invoked.has(arn) && async.onFailureArn === null && async.deadLetterArn === null)
    .map(
      ({ name }) =>
        `function ${name} is invoked by a rule or schedule and has no dead-letter queue of its own: what its handler refuses is lost after the retries`,
    );
}
