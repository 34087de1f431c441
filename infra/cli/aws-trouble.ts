/** Names under which AWS and its stand-in here refuse whoever signs a request. */
const NOT_LET_IN = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
]);

const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'ETIMEDOUT']);

/** A failed call of an AWS service as a sentence; null for every other error. */
export function awsTrouble(error: Error): string | null {
  const code = codeOf(error);
  if (code !== undefined && UNREACHABLE.has(code)) {
    const how = error.message === '' ? code : error.message;
    return `The system does not answer (${how}): is it running, and is this its address? --endpoint names another.`;
  }
  if (error.name === 'CredentialsProviderError') {
    return `There are no AWS credentials to sign with: ${error.message}`;
  }
  if (!('$metadata' in error)) return null;
  if (NOT_LET_IN.has(error.name)) {
    return `AWS does not let these credentials in (${error.name}: ${error.message}).`;
  }
  if (error.name === 'ResourceNotFoundException') {
    return `There is no such table (${error.message}): name it with --table, or set DYNAMODB_TABLE_NAME.`;
  }
  return `AWS refused the call: ${error.name}: ${error.message}`;
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
