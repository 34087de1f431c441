import type { Row } from '../import/row.ts';
import { experts, learn, mixture } from './experts.ts';
import type { Forecaster, Said } from './forecaster.ts';

/** The five experts on the file's p, with the wait that the file predicts. */
export class Mixture implements Forecaster {
  readonly recalibration = null;
  readonly aged = 0;
  private readonly experts = experts();
  private readonly seesTouched: boolean;

  /** @param seesTouched whether labels of touched jobs teach too */
  constructor(seesTouched: boolean) {
    this.seesTouched = seesTouched;
  }

  serve({ p, predictedWaitSeconds }: Row, into: Said): void {
    const given = !Number.isNaN(p);
    into.by = given ? 'file' : null;
    into.q = given ? mixture(this.experts, p) : Number.NaN;
    into.waitSeconds = predictedWaitSeconds;
  }

  decided(): void {}

  label({ p, touched }: { p: number | null; touched: boolean }, longWait: boolean): void {
    if (p !== null && (!touched || this.seesTouched)) learn(this.experts, p, longWait ? 1 : 0);
  }
}
