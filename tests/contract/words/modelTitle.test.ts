import { describe, expect, it } from 'vitest';
import { fileTitle, modelName } from '../../../src/contract/words/modelTitle';

describe('a model is called', () => {
  it('as its file says, where somebody has named it', () => {
    expect(modelName('resnet38', '/runs/epoch-10.keras')).toBe('resnet38');
    expect(modelName('graph_net', '/runs/a.onnx')).toBe('graph_net');
  });

  it('after its file, where an exporter has named it', () => {
    for (const own of ['main_graph', 'torch_jit', 'torch-jit-export', 'functional_1', 'sequential', 'model', ''])
      expect(modelName(own, '/runs/epoch-10.onnx')).toBe('epoch-10');
    expect(modelName('main_graph', '')).toBe('main_graph');
  });

  it('after its folder, where all files are called so', () => {
    expect(fileTitle('/runs/epoch-10/model.json')).toBe('epoch-10');
    expect(fileTitle('/runs/final/saved_model.pb')).toBe('final');
    expect(fileTitle('C:\\runs\\epoch-2.h5')).toBe('epoch-2');
  });
});
