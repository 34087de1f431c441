import type { Assembly } from './specs.ts';

/** An assembly before it has been looked over. */
type Loaded = Omit<Assembly, 'inert' | 'warnings'>;

/** Targets, dead-letter queues, buses, routes and roles that lead nowhere, each named with who points there. */
export function danglingReferences({ functions, machines, roles, queues, rules, routes, buses }: Loaded): string[] {
  const arnsOf = (specs: readonly { arn: string }[]) => new Set(specs.map(({ arn }) => arn));
  const queueArns = arnsOf(queues);
  const known = arnsOf([...functions, ...machines, ...queues]);
  const roleArns = arnsOf(roles);
  const functionArns = arnsOf(functions);
  const busNames = new Set(buses.map(({ name }) => name));
  const lost: string[] = [];
  const expect = (there: boolean, where: string, what: string) => {
    if (!there) lost.push(`${where}: ${what} is not in this assembly`);
  };
  for (const { name, roleArn } of [...functions, ...machines]) {
    expect(roleArns.has(roleArn), name, `its role ${roleArn}`);
  }
  for (const { name, busName, targets } of rules) {
    expect(busNames.has(busName), `rule ${name}`, `bus ${busName}`);
    for (const { arn, deadLetterArn } of targets) {
      expect(known.has(arn), `rule ${name}`, `target ${arn}`);
      expect(deadLetterArn === null || queueArns.has(deadLetterArn), `rule ${name}`, `queue ${deadLetterArn}`);
    }
  }
  for (const { name, roleArn, async } of functions) {
    if (async.deadLetterArn === null) continue;
    expect(queueArns.has(async.deadLetterArn), name, `queue ${async.deadLetterArn}`);
    // Lambda takes no function whose role may not send there.
    const sending = { action: 'sqs:SendMessage', resource: async.deadLetterArn, context: {} };
    const mayNot = roles.some(({ arn, policy }) => arn === roleArn && policy(sending) !== 'allowed');
    if (mayNot) lost.push(`${name}: its role may not do sqs:SendMessage on ${async.deadLetterArn}`);
  }
  for (const { method, path, functionArn } of routes) {
    expect(functionArns.has(functionArn), `route ${method} ${path}`, `function ${functionArn}`);
  }
  return lost;
}

/** As on AWS, a rule's dead-letter queue does not see what a handler throws; only the function's own one does. */
export function lostFailures({ functions, rules }: Loaded): string[] {
  const invoked = new Set(rules.flatMap(({ targets }) => targets.map(({ arn }) => arn)));
  return functions
    .filter(({ arn, async }) => invoked.has(arn) && async.deadLetterArn === null)
    .map(
      ({ name }) =>
        `function ${name} is invoked by a rule and has no dead-letter queue of its own: what its handler refuses is lost after the retries`,
    );
}
