/** What commands are told: their options, as program.ts parses them. */
import type { Accuracy, Method, Rule } from '../../../contract/attribution';
import type { BackendChoice } from '../../../contract/backends';
import type { ImageReading } from '../../../contract/data';
import type { OpeningChoices } from '../../../contract/opening';

/** How the model is opened, where its file leaves it open. */
export interface OpeningOptions {
  readonly signature?: string;
}

export const choicesFrom = ({ signature }: OpeningOptions): OpeningChoices => ({
  ...(signature !== undefined && { signature }),
});

export interface AttributeOptions extends OpeningOptions {
  /** A session, whose run goes on; then `input` is not needed. */
  readonly continue?: string;
  /** Which of its runs, by place or name. */
  readonly run?: string;
  readonly input: readonly string[];
  readonly examples?: string;
  readonly baseline: readonly string[];
  readonly perExample?: boolean;
  readonly imageRange?: ImageReading['range'];
  readonly imageFit?: ImageReading['fit'];
  readonly target?: string;
  readonly minus?: string;
  readonly labels?: string;
  readonly afterActivation?: boolean;
  readonly method: readonly Method[];
  readonly rule: Rule;
  /** Even steps, where they were asked for. */
  readonly steps?: number;
  readonly tolerance?: number;
  readonly toleranceOver?: Accuracy['over'];
  readonly maxPasses?: number;
  readonly untilTop?: number;
  readonly hold: readonly string[];
  readonly walk: readonly string[];
  readonly layers: string;
  readonly path: string;
  readonly backend: BackendChoice;
  readonly memory?: number;
  readonly top: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly neurons?: boolean;
  readonly quiet?: boolean;
}
export type ShowOptions = Pick<AttributeOptions, 'json' | 'neurons' | 'top'>;
