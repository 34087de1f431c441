/**
 * The file stem of a state, a function or a machine: `CheckCalibration` lives in `check-calibration`.
 * One stem everywhere, so that a name found in the console leads to its file.
 */
export function fileStem(constructId: string): string {
  return constructId.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
