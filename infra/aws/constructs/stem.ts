/**
 * The file stem of a state, a function or a machine: `CheckCalibration` lives in `check-calibration`.
 * The stem is the same everywhere, so that a name seen in the AWS console leads to its file.
 */
export function fileStem(constructId: string): string {
  return constructId.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
