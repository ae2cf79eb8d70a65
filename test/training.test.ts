/**
 * examples/training: a training that stops and goes on gives the losses of one that never stopped, to the bit; checkpoints that are not whole are refused;
 * Ctrl-C and SIGTERM; what a seed draws; the picture and the figures of a README.
 */
import '@tensorflow/tfjs-layers'; // registers the gradients
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { placeOf } from '../bench/place.mjs';
import { InputError, Interruption } from '../examples/program/errors.mjs';
import { Adam, clipped, scheduledRate } from '../examples/training/adam.mjs';
import { loadCheckpoint, saveCheckpoint } from '../examples/training/checkpoint.mjs';
import { drawCurves, smoothed } from '../examples/training/curve.mjs';
import { train } from '../examples/training/loop.mjs';
import { figuresIn } from '../examples/training/readme.mjs';
import { writeSafetensors } from '../examples/training/safetensors.mjs';
import { randomFor, seedFor } from '../examples/training/seed.mjs';
import { backend, readSafetensors } from '../src/node.js';
import '../src/tfjs/node.js';
import { named, parsed } from './viz/parsed.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));

let folder: string;
let file: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fovea-training-'));
  await tf.setBackend('fovea');
});
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(folder, 'run-')), 'deep', 'a.safetensors');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A small thing to learn: two layers, batches by chance. */
function made(seed = 1) {
  const draw = (name: string, shape: [number, number]) =>
    tf.variable(tf.randomNormal(shape, 0, 0.5, 'float32', seedFor(seed, name)), true, `${name} ${count++}`);
  const variables = { first: draw('first', [3, 8]), second: draw('second', [8, 1]) };
  const optimizer = new Adam({ rate: 0.03 });
  const step = (index: number) =>
    tf.tidy(() => {
      const uniform = randomFor(seed, 'batch', index);
      const x = tf.tensor(Float32Array.from({ length: 48 }, uniform), [16, 3]);
      const y = tf.sum(tf.mul(x, tf.tensor1d([1, -2, 3])), 1, true);
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.square(tf.sub(tf.matMul(tf.tanh(tf.matMul(x, variables.first)), variables.second), y))) as tf.Scalar,
        Object.values(variables),
      );
      optimizer.setRate(scheduledRate(index, { steps: 40, warmup: 5, rate: 0.03 }));
      optimizer.applyGradients(clipped(grads, 1));
      return value.dataSync()[0] ?? Number.NaN;
    });
  return { trained: { settings: { seed, width: 8 }, variables, optimizer }, step };
}
let count = 0;

const options = { label: 'test', goOn: 'npm run it -- --resume' };

describe('a training', () => {
  it('gives the same losses whether it stopped or not, and they fall', async () => {
    const whole = made();
    const { losses } = await train({ ...options, ...whole, steps: 40, file, resume: false });
    expect(losses).toHaveLength(40);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 4);

    const first = made();
    const step = (index: number) => {
      if (index === 12) process.emit('SIGINT');
      return first.step(index);
    };
    const half = train({ ...options, ...first, step, steps: 40, file, resume: false });
    await expect(half).rejects.toThrow(Interruption);
    await expect(half).rejects.toThrow(`stopped after step 13 of 40, saved in ${file}; to go on: npm run it -- --resume`);
    expect(readdirSync(path.dirname(file))).toEqual(['a.safetensors']);

    const second = made();
    const steps: number[] = [];
    const seen = (i: number) => {
      steps.push(i);
      return second.step(i);
    };
    const rest = await train({ ...options, ...second, step: seen, steps: 40, file, resume: true });
    expect(steps).toEqual(Array.from({ length: 27 }, (_, i) => 13 + i));
    expect(rest.losses).toEqual(losses);
    for (const name of ['first', 'second'] as const)
      expect(second.trained.variables[name].dataSync()).toEqual(whole.trained.variables[name].dataSync());
  });

  it('saves now and then', async () => {
    const { trained, step } = made();
    const seen: boolean[] = [];
    const watched = (i: number) => {
      seen.push(there());
      return step(i);
    };
    const there = () => readdirSync(path.dirname(path.dirname(file))).includes('deep');
    await train({ ...options, trained, step: watched, steps: 3, file, resume: false, secondsBetween: 0 });
    expect(seen).toEqual([false, true, true]);
  });

  it('that is stopped in its last step is saved, and nothing follows it', async () => {
    const { trained, step } = made();
    const last = (index: number) => {
      if (index === 2) process.emit('SIGTERM');
      return step(index);
    };
    const training = { ...options, steps: 3, file };
    const stopped = train({ ...training, trained, step: last, resume: false });
    await expect(stopped).rejects.toMatchObject({ exitCode: 143, message: expect.stringContaining('stopped after step 3 of 3, saved in') });
    expect(await train({ ...training, ...made(), resume: true })).toMatchObject({ trained: 0 });
  });

  it.each([
    [0, 'the loss of step 1 is NaN, expected a number; nothing was saved before'],
    [2, 'the loss of step 3 is NaN, expected a number; FILE still has the first 2 steps'],
  ])('stops where the loss of step %i is no number, and says what is left', async (at, words) => {
    const { trained, step } = made();
    const training = { ...options, trained, step: (i: number) => (i === at ? Number.NaN : step(i)), steps: 4, file, resume: false };
    const stopped = train({ ...training, secondsBetween: 0 });
    await expect(stopped).rejects.toThrow(InputError);
    await expect(stopped).rejects.toThrow(words.replace('FILE', file));
  });

  it('leaves no listener behind', async () => {
    const listeners = () => [process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')];
    const before = listeners();
    await train({ ...options, ...made(), steps: 2, file, resume: false });
    expect(listeners()).toEqual(before);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('hears %s as a program, and exits as shells expect', async (signal, expected) => {
    const program = `import { runProgram } from './program/program.mjs';
       import * as tf from '@tensorflow/tfjs-core';
       const load = async () => {
         const { train } = await import('./training/loop.mjs');
         const { Adam } = await import('./training/adam.mjs');
         await import('fovea/tfjs');
         const trained = { settings: {}, variables: { a: tf.variable(tf.scalar(1)) }, optimizer: new Adam() };
         const step = async (i) => { if (i === 3) process.stdout.write('ready'); await new Promise((r) => setTimeout(r, 5)); return 1; };
         return { run: async () => String(await train({ label: 'x', goOn: 'again', trained, step, steps: 1e6, file: ${JSON.stringify(file)}, resume: false })) };
       };
       await runProgram({ name: 'x', usage: '', parseArguments: () => ({ help: false }), load });`;
    // Within the checkout, where fovea has its name.
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd: examples, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    // Twice, as npm does.
    child.stdout.once('data', () => [child.kill(signal), child.kill(signal)]);
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect([status, said]).toEqual([
      expected,
      expect.stringMatching(/^x: stopped after step \d+ of 1000000, saved in .*; to go on: again\n$/),
    ]);
  });
});

describe('a checkpoint', () => {
  it('has everything in it, as other readers of safetensors see it', async () => {
    const { trained, step } = made();
    step(0);
    await saveCheckpoint(file, trained, [1, 0.5]);
    const tensors = readSafetensors(readFileSync(file));
    expect(Object.keys(tensors)).toEqual([
      'losses',
      'variables/first',
      'variables/second',
      'optimizer/iter',
      ...['m', 'v'].flatMap((moment) => Object.values(trained.variables).map(({ name }) => `optimizer/${name}/${moment}`)),
      'optimizer/accBeta1',
      'optimizer/accBeta2',
    ]);
    expect(tensors.losses).toEqual({ data: Float32Array.of(1, 0.5), shape: [2], dtype: 'float32' });
    expect(tensors['optimizer/iter']?.data).toEqual(Int32Array.of(1));
    const other = made(2);
    expect(await loadCheckpoint(file, { ...trained, variables: other.trained.variables, optimizer: other.trained.optimizer })).toEqual([
      1, 0.5,
    ]);
    expect(other.trained.variables.first.dataSync()).toEqual(trained.variables.first.dataSync());
  });

  it('is refused at every length but its own', async () => {
    await saveCheckpoint(file, made().trained, [1]);
    const { length } = readFileSync(file);
    for (const left of [length - 1, length - 100, 500, 60, 8, 7, 0]) {
      truncateSync(file, left);
      await expect(loadCheckpoint(file, made().trained)).rejects.toThrow(`${file} is not a whole checkpoint: readSafetensors: `);
    }
  });

  it.each([
    ['a text', () => Buffer.from('hello, this is a text and no checkpoint'), /a\.safetensors is not a whole checkpoint: readSafetensors/],
    [
      'weights of somebody else',
      () => writeSafetensors({ a: { data: new Float32Array(3), shape: [3] } }, { format: 'pt' }),
      /its format is "pt", expected "fovea/,
    ],
    ['weights that say nothing', () => writeSafetensors({}, {}), /its format is undefined/],
  ])('is not taken for one: %s', async (_name, bytes, words) => {
    await saveCheckpoint(file, made().trained, []);
    writeFileSync(file, bytes());
    await expect(loadCheckpoint(file, made().trained)).rejects.toThrow(words);
  });

  it('of another training is refused, with what differs', async () => {
    await saveCheckpoint(file, made(1).trained, []);
    await expect(loadCheckpoint(file, made(2).trained)).rejects.toThrow(
      `cannot go on from ${file}: it is of a training with {"seed":1,"width":8}, expected {"seed":2,"width":8}`,
    );
    const { trained } = made(1);
    const more = { ...trained, variables: { ...trained.variables, third: trained.variables.first } };
    await expect(loadCheckpoint(file, more)).rejects.toThrow('its variable third is missing, expected [3,8]');
  });

  it('that is not there, and a folder where none can be, are named', async () => {
    await expect(loadCheckpoint(file, made().trained)).rejects.toThrow(`cannot read the checkpoint ${file}: it does not exist`);
    mkdirSync(path.dirname(path.dirname(file)), { recursive: true });
    writeFileSync(path.dirname(file), '');
    await expect(saveCheckpoint(file, made().trained, [])).rejects.toThrow(/cannot write the checkpoint .*a\.safetensors/);
  });

  it('that cannot have its name leaves nothing under another one', async () => {
    mkdirSync(file, { recursive: true });
    await expect(saveCheckpoint(file, made().trained, [])).rejects.toThrow(`cannot write the checkpoint ${file}: it is a folder`);
    expect(readdirSync(path.dirname(file))).toEqual(['a.safetensors']);
  });

  it('does not take what it could not give back', async () => {
    const { trained } = made();
    const variables = { ...trained.variables, seen: tf.variable(tf.tensor1d([true, false], 'bool'), false) };
    await expect(saveCheckpoint(file, { ...trained, variables }, [])).rejects.toThrow(
      'a checkpoint cannot hold seen: it is bool, expected float32 or int32',
    );
    expect(existsSync(path.dirname(file))).toBe(false);
  });
});

describe('a seed', () => {
  it('gives each purpose and each step numbers of its own, the same every time', () => {
    const drawn = [randomFor(1, 'a'), randomFor(1, 'a', 1), randomFor(1, 'b'), randomFor(2, 'a'), randomFor(1, 'a', 2)].map((uniform) =>
      uniform(),
    );
    expect(new Set(drawn).size).toBe(5);
    expect(randomFor(1, 'a')()).toBe(drawn[0]);
    // Steps one after another are as good as any: 1,000 of them fill tenths evenly.
    const tenths = Array.from({ length: 1000 }, (_, i) => Math.floor(10 * randomFor(7, 'batch', i)()));
    for (let tenth = 0; tenth < 10; tenth++) expect(Math.abs(tenths.filter((it) => it === tenth).length - 100)).toBeLessThan(40);
    expect(Number.isSafeInteger(seedFor(1, 'w'))).toBe(true);
  });
});

describe('the rate', () => {
  it('rises, and falls to a tenth', () => {
    const rates = Array.from({ length: 101 }, (_, i) => scheduledRate(i, { steps: 100, warmup: 10, rate: 2 }));
    expect([rates[0], rates[9], rates[10]]).toEqual([0.2, 2, 2]);
    expect(rates[100]).toBeCloseTo(0.2, 12);
    expect(rates.slice(10).every((rate, i, all) => i === 0 || rate < (all[i - 1] ?? 0))).toBe(true);
  });
});

describe('the picture', () => {
  const picture = { title: 'a < b', description: 'falls & falls', x: 'step', y: 'bits' };
  it('has every curve and every level, inside its frame', () => {
    const curves = [
      {
        name: 'one',
        points: [
          [1, 4],
          [300, 1.5],
        ] as const,
      },
      {
        name: 'two',
        points: [
          [1, 5],
          [300, 2.5],
        ] as const,
      },
    ];
    const all = parsed(drawCurves({ ...picture, curves, levels: [{ name: '3-gram', value: 2 }] }));
    expect([named(all, 'title')[0]?.text, named(all, 'desc')[0]?.text]).toEqual(['a < b', 'falls & falls']);
    const texts = named(all, 'text').map(({ text }) => text);
    for (const text of ['one', 'two', '3-gram 2.00', 'step', 'bits', '0', '300']) expect(texts).toContain(text);
    const lines = named(all, 'path').map(({ attributes }) => attributes.d ?? '');
    for (const { x, y } of lines.flatMap((d) =>
      [...d.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map((hit) => ({ x: Number(hit[1]), y: Number(hit[2]) })),
    ))
      expect([x >= 0 && x <= 720, y >= 0 && y <= 400]).toEqual([true, true]);
  });

  it('smooths by means of stretches, with a shorter one at the end', () => {
    expect(smoothed([1, 3, 5, 7, 9], 3)).toEqual([
      [1.5, 2],
      [3.5, 6],
      [5, 9],
    ]);
    expect(smoothed([1, 3], 120)).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });
});

describe('figures', () => {
  it('are written between their comments, again and again', async () => {
    const readme = path.join(folder, 'README.md');
    const [begin, end] = placeOf('it', 'npm run it');
    writeFileSync(readme, `# It\n\n${begin}\nold\n${end}\n\nafter\n`);
    const write = figuresIn(readme, 'it', 'npm run it');
    await write('| a |\n', backend());
    const once = readFileSync(readme, 'utf8');
    expect(once).toMatch(
      /^# It\n\n<!-- it: npm run it -->\n\n> .* cores · .* · Node v.* · the whole run \d+ s\n\n\| a \|\n\n<!-- \/it -->\n\nafter\n$/,
    );
    await write('| a |\n', backend());
    const untimed = (text: string) => text.replace(/run \d+ s/, '');
    expect(untimed(readFileSync(readme, 'utf8'))).toBe(untimed(once));
    expect(() => figuresIn(readme, 'other', 'npm run it')).toThrow(
      'has no place for the figures: expected the lines\n<!-- other: npm run it -->',
    );
  });
});
