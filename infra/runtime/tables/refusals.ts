import { AwsError } from '../aws-error.ts';

/** What AWS answers to a request that can never be granted as it is. */
export const invalid = (message: string) => new AwsError('ValidationException', message);
/** The same for a value or parameter, in AWS's words. */
export const invalidParameter = (message: string) => invalid(`One or more parameter values were invalid: ${message}`);
/** What AWS answers to JSON of another type than the field has. */
export const wrongType = (message: string) => new AwsError('SerializationException', message);
export const tableNotFound = (words = 'Requested resource not found') =>
  new AwsError('ResourceNotFoundException', words);
