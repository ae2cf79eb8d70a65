/** Models in files: saved, loaded again, and refused by name where a file is not what it was. */
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as L from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MultiHeadAttention } from '../../src/tfjs/layers/node.js';

let folder: string;
let model: L.LayersModel;
const x = tf.ones([1, 3, 4]);

beforeAll(async () => {
  await tf.setBackend('fovea');
  folder = await mkdtemp(join(tmpdir(), 'fovea-models-'));
  const input = L.input({ shape: [3, 4] });
  const attended = new MultiHeadAttention({ numHeads: 2, keyDim: 3 }).apply([input, input]) as L.SymbolicTensor;
  model = L.model({ inputs: input, outputs: attended });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const load = () => L.loadLayersModel(`file://${folder}/model.json`);

describe('models in files', () => {
  beforeEach(async () => {
    await model.save(`file://${folder}`);
  });

  it('are the same when they are loaded again, and leave nothing unfinished', async () => {
    const back = await load();
    expect((back.predict(x) as tf.Tensor).arraySync()).toEqual((model.predict(x) as tf.Tensor).arraySync());
    expect((await readdir(folder)).sort()).toEqual(['model.json', 'weights.bin']);
  });

  it('are of one save, however many are under way', async () => {
    const models = [1, 2, 3, 4, 5].map((numHeads) => {
      const input = L.input({ shape: [3, 4] });
      const outputs = new MultiHeadAttention({ numHeads, keyDim: 3 }).apply([input, input]) as L.SymbolicTensor;
      return L.model({ inputs: input, outputs });
    });
    await Promise.all(models.map((own) => own.save(`file://${folder}`)));
    expect((await readdir(folder)).sort()).toEqual(['model.json', 'weights.bin']);
    const last = models.at(-1) as L.LayersModel;
    expect(((await load()).predict(x) as tf.Tensor).arraySync()).toEqual((last.predict(x) as tf.Tensor).arraySync());
  });

  it('are left to another who wants such addresses, whichever came first', async () => {
    const saved: string[] = [];
    const save = async (url: string): Promise<tf.io.SaveResult> => {
      saved.push(url);
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    };
    const handler = (url: string | string[]) => (String(url).startsWith('file:///elsewhere/') ? { save: () => save(String(url)) } : null);
    tf.io.registerSaveRouter(handler as unknown as Parameters<typeof tf.io.registerSaveRouter>[0]);
    await model.save('file:///elsewhere/model');
    expect(saved).toEqual(['file:///elsewhere/model']);
    await model.save(`file://${folder}`);
  });

  it('may have their weights in several files', async () => {
    const path = join(folder, 'model.json');
    const json = JSON.parse(await readFile(path, 'utf8'));
    const bytes = await readFile(join(folder, 'weights.bin'));
    await writeFile(join(folder, 'part1.bin'), bytes.subarray(0, 100));
    await writeFile(join(folder, 'part2.bin'), bytes.subarray(100));
    json.weightsManifest[0].paths = ['part1.bin', 'part2.bin'];
    await writeFile(path, JSON.stringify(json));
    expect(((await load()).predict(x) as tf.Tensor).arraySync()).toEqual((model.predict(x) as tf.Tensor).arraySync());
    await rm(join(folder, 'part2.bin'));
    await expect(load()).rejects.toThrow(
      `${join(folder, 'part2.bin')} cannot be read (ENOENT), expected the weights that its model.json names`,
    );
  });

  it('are refused with truncated weights', async () => {
    const path = join(folder, 'weights.bin');
    const { length } = await readFile(path);
    await truncate(path, length - 4);
    await expect(load()).rejects.toThrow(
      `${path} has ${length - 4} bytes, expected ${length} (the sizes of the weights in its model.json)`,
    );
  });

  it('are refused without weights, without a model, and with another file in its place', async () => {
    const [weights, path] = [join(folder, 'weights.bin'), join(folder, 'model.json')];
    await rm(weights);
    await expect(load()).rejects.toThrow(`fovea/tfjs: ${weights} cannot be read (ENOENT)`);
    await writeFile(path, '{"modelTopology": ');
    await expect(load()).rejects.toThrow(`fovea/tfjs: ${path} is no JSON, expected a model that model.save wrote`);
    await writeFile(path, '{"name": "fovea"}');
    await expect(load()).rejects.toThrow(`fovea/tfjs: ${path} has no modelTopology, or no weightsManifest`);
    await writeFile(path, '{"modelTopology": {}, "weightsManifest": [{ "paths": ["weights.bin"] }]}');
    await expect(load()).rejects.toThrow(`fovea/tfjs: ${path} has no modelTopology, or no weightsManifest of paths and weights`);
    await expect(L.loadLayersModel(`file://${folder}`)).rejects.toThrow(
      `fovea/tfjs: ${folder} is a folder, expected the model.json of a model`,
    );
    await expect(model.save(`file://${path}`)).rejects.toThrow(`fovea/tfjs: a model cannot be saved in ${path} (EEXIST)`);
    await rm(path);
    await expect(load()).rejects.toMatchObject({ code: 'ERR_FORMAT', message: expect.stringContaining(`${path} cannot be read (ENOENT)`) });
  });
});
