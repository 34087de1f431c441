import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';

const OVERLOADED: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/** The table failed, is full or overloaded: nothing is wrong with the request, and the same one may pass later. */
export function isTableTrouble(error: unknown): boolean {
  if (!(error instanceof DynamoDBServiceException)) return false;
  return (error.$metadata.httpStatusCode ?? 0) >= 500 || OVERLOADED.has(error.name);
}
