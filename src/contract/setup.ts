/** Of what a page asks to be run, the parts: requests are made of them, and what is kept of a set-up. */
import { z } from 'zod';
import { LEAST_TOLERANCE } from './attribution';
import { BACKENDS } from './backends';
import { MADE_BASELINES } from './baselines';
import { IMAGE_CHANNELS, IMAGE_FITS, IMAGE_RANGES } from './data';

export const handle = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const dataId = handle;
export const layerName = z.string().min(1).max(4096);
export const exampleList = z.array(z.number().int().nonnegative()).min(1).max(100_000);

const perChannel = <Each extends z.ZodType>(each: Each) => z.array(each).min(1).max(4).readonly().nullable();
/** How pictures become numbers; what is left out is as the model tells. */
export const imageReading = z.object({
  range: z.enum(IMAGE_RANGES),
  fit: z.enum(IMAGE_FITS),
  channels: z.enum(IMAGE_CHANNELS),
  mean: perChannel(z.number()),
  std: perChannel(z.number().positive()),
});

/** Files that were opened together; `input` where they were opened for one input of several. */
export const dataPart = z.object({ paths: z.array(z.string()).min(1), input: z.string().nullable() });
export type DataPart = z.infer<typeof dataPart>;
/** What data are read from, as files: parts in the order of opening. */
export const dataSource = z.object({ parts: z.array(dataPart).min(1), reading: imageReading.partial() });
export type DataSource = z.infer<typeof dataSource>;

const place = z.union([z.number().int().nonnegative(), z.array(z.number().int().nonnegative()).max(16)]);
export const target = z.object({
  layer: layerName.optional(),
  index: z.union([
    place,
    z.literal('argmax'),
    /** One for each of the asked examples. */
    z.object({ each: z.array(place).min(1).max(100_000) }),
  ]),
  afterActivation: z.boolean().optional(),
});

export const constantBaseline = z.object({ kind: z.literal('constant'), value: z.number() });
/** What fits the data (engine/data/baselines): channels of one-hot sequences alike where `uniform`. */
export const fittingBaseline = z.object({ kind: z.literal('fitting'), uniform: z.boolean().optional() });
export const baseline = z.discriminatedUnion('kind', [
  constantBaseline,
  fittingBaseline,
  ...MADE_BASELINES,
  /** Arrays read by `readInputs`; several rows are several references, unless `perExample`. */
  z.object({ kind: z.literal('data'), data: dataId, perExample: z.boolean().optional() }),
]);

export const backendChoice = z.enum(['auto', ...BACKENDS]);
/** As the contract's Accuracy. */
export const accuracy = z.object({
  tolerance: z.number().min(LEAST_TOLERANCE).max(1),
  over: z.enum(['units', 'neurons']),
  mostWalks: z.number().int().min(1).nullable(),
  untilTop: z.number().int().min(1).max(10_000).nullable(),
});

/** Names of inputs, as in the contract's AttributionRequest. */
export const turned = {
  hold: z.array(layerName).max(10_000).optional(),
  walk: z.array(layerName).max(10_000).optional(),
};
