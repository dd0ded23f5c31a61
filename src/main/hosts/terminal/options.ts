/** What commands are told: their options, as program.ts parses them. */
import type { Accuracy, Method, Rule } from '../../../contract/attribution';
import type { BackendChoice } from '../../../contract/backends';
import type { ImageReading } from '../../../contract/data';
import { MhoError } from '../../../contract/errors';
import type { OpeningChoices } from '../../../contract/opening';

/** How the model is opened, where its file leaves it open. */
export interface OpeningOptions {
  readonly signature?: string;
  /** `NAME=3,320,320`, as many times as there are inputs. */
  readonly size: readonly string[];
}

/** What is asked of a model: inputs, a baseline, a target. */
export interface AskOptions extends OpeningOptions {
  readonly input: readonly string[];
  readonly examples?: string;
  readonly baseline: readonly string[];
  readonly perExample?: boolean;
  readonly imageRange?: ImageReading['range'];
  readonly imageFit?: ImageReading['fit'];
  readonly imageChannels?: ImageReading['channels'];
  readonly imageMean?: readonly number[];
  readonly imageStd?: readonly number[];
  readonly target?: string;
  readonly minus?: string;
  readonly labels?: string;
  readonly afterActivation?: boolean;
  readonly hold: readonly string[];
  readonly walk: readonly string[];
  readonly backend: BackendChoice;
  readonly memory?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface AttributeOptions extends AskOptions {
  /** A session, whose run goes on; then `input` is not needed. */
  readonly continue?: string;
  /** Which of its runs, by place or name. */
  readonly run?: string;
  readonly method: readonly Method[];
  readonly rule: Rule;
  /** Even steps, where they were asked for. */
  readonly steps?: number;
  readonly tolerance?: number;
  readonly toleranceOver?: Accuracy['over'];
  readonly maxPasses?: number;
  readonly untilTop?: number;
  readonly layers: string;
  readonly path: string;
  readonly top: number;
  readonly out?: string;
  readonly neurons?: boolean;
}
export interface InspectOptions extends OpeningOptions {
  /** Arrays whose sizes it is inspected at. */
  readonly input?: readonly string[];
  readonly json?: boolean;
}
export type ShowOptions = Pick<AttributeOptions, 'json' | 'neurons' | 'top'>;

/** @throws USAGE where a size is not written as one */
export const choicesFrom = ({ signature, size }: OpeningOptions): OpeningChoices => ({
  ...(signature !== undefined && { signature }),
  ...(size.length > 0 && { sizes: Object.fromEntries(size.map(sizesFrom)) }),
});

/** How pictures are read, where it was said. */
export const readingFrom = (options: AskOptions): Partial<ImageReading> => ({
  ...(options.imageRange && { range: options.imageRange }),
  ...(options.imageFit && { fit: options.imageFit }),
  ...(options.imageChannels && { channels: options.imageChannels }),
  ...(options.imageMean && { mean: options.imageMean }),
  ...(options.imageStd && { std: options.imageStd }),
});

/** `NAME=3,320,320`; a question mark leaves a size as it is. */
function sizesFrom(text: string): readonly [input: string, sizes: (number | null)[]] {
  const [, name, list] = /^(.+)=((?:\?|[1-9]\d{0,8})(?:,(?:\?|[1-9]\d{0,8}))*)$/s.exec(text) ?? [];
  if (name === undefined || list === undefined)
    throw new MhoError('USAGE', { reason: `--size ${text}: give NAME=SIZES, for example images=3,320,320` });
  return [name, list.split(',').map((size) => (size === '?' ? null : Number(size)))];
}
