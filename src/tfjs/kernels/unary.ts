/**
 * Functions of each number of a float32 tensor: those with an activation kernel on that, the others in plain loops.
 * @module
 */
import type { ClipByValueAttrs, LeakyReluAttrs, StepAttrs } from '@tensorflow/tfjs-core';
import { relu, sigmoid, tanh } from '../../ops/activate.js';
import type { ActivationOptions, Tensor } from '../../types.js';
import { type Kernel, kernel } from '../kernel.js';
import { sizeOf } from '../shape.js';
import { absolute, ceil, cosine, elu, exp, floor, type Loop, log, reciprocal, relu6, rsqrt, sign, sine, sqrt } from './unary-loops.js';

/** On the activation kernel. */
function activation(op: (x: Tensor, options: ActivationOptions<Float32Array>) => Tensor): Kernel {
  return kernel<'x'>(({ inputs: { x }, backend }) => {
    const values = backend.floats(x);
    if (values === undefined) return undefined;
    const shape = [sizeOf(x.shape)];
    const out = { data: backend.room(sizeOf(shape)), shape };
    op({ data: values, shape }, { out });
    return backend.tensor(x.shape, 'float32', out.data);
  });
}

function unary(loop: Loop): Kernel {
  return kernel<'x'>(({ inputs: { x }, backend }) => {
    const values = backend.floats(x);
    if (values === undefined) return undefined;
    const out = backend.room(sizeOf(x.shape));
    loop(values, out);
    return backend.tensor(x.shape, 'float32', out);
  });
}

/** 1 above 0, `alpha` elsewhere, NaN of NaN: the slope of relu. Looked up: of numbers of either sign a branch would be guessed wrong half the time. */
const step = kernel<'x', StepAttrs>(({ inputs: { x }, attrs: { alpha }, backend }) => {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const out = backend.room(sizeOf(x.shape));
  const slopes = Float32Array.of(alpha, 1, Number.NaN);
  for (let i = 0; i < out.length; i++) {
    const value = values[i] ?? 0;
    out[i] = slopes[Number(value > 0) + 2 * Number(Number.isNaN(value))] ?? 0;
  }
  return backend.tensor(x.shape, 'float32', out);
});

/** `alpha` times what is below 0. */
const leakyRelu = kernel<'x', LeakyReluAttrs>(({ inputs: { x }, attrs: { alpha }, backend }) => {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const out = backend.room(sizeOf(x.shape));
  for (let i = 0; i < out.length; i++) {
    const value = values[i] ?? 0;
    out[i] = value < 0 ? alpha * value : value;
  }
  return backend.tensor(x.shape, 'float32', out);
});

/** The slope of elu by its result: dy · (y + 1) below 0. */
const eluGrad = kernel<'dy' | 'y'>(({ inputs: { dy, y }, backend }) => {
  const [slopes, values] = [backend.floats(dy), backend.floats(y)];
  if (slopes === undefined || values === undefined || slopes.length !== values.length) return undefined;
  const out = backend.room(values.length);
  for (let i = 0; i < out.length; i++) {
    const value = values[i] ?? 0;
    out[i] = (slopes[i] ?? 0) * (value >= 0 ? 1 : value + 1);
  }
  return backend.tensor(y.shape, 'float32', out);
});

const isNaNKernel = kernel<'x'>(({ inputs: { x }, backend }) => {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const out = new Uint8Array(sizeOf(x.shape));
  for (let i = 0; i < out.length; i++) out[i] = Number(Number.isNaN(values[i]));
  return backend.tensor(x.shape, 'bool', out);
});

const logicalNot = kernel<'x'>(({ inputs: { x }, backend }) => {
  const values = x.dtype === 'bool' ? backend.numbers(x) : undefined;
  if (values === undefined) return undefined;
  const out = new Uint8Array(sizeOf(x.shape));
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i] === 0);
  return backend.tensor(x.shape, 'bool', out);
});

/** What is outside of both bounds becomes the nearer one; NaN stays. */
const clip = kernel<'x', ClipByValueAttrs>(({ inputs: { x }, attrs: { clipValueMin, clipValueMax }, backend }) => {
  const values = backend.floats(x);
  if (values === undefined) return undefined;
  const out = backend.room(sizeOf(x.shape));
  for (let i = 0; i < out.length; i++) {
    const value = values[i] ?? 0;
    out[i] = value;
    // No Math.max: of a bound and a zero of the other sign the number stays.
    if (value > clipValueMax) out[i] = clipValueMax;
    else if (value < clipValueMin) out[i] = clipValueMin;
  }
  return backend.tensor(x.shape, 'float32', out);
});

export const activationKernels = { Relu: activation(relu), Sigmoid: activation(sigmoid), Tanh: activation(tanh) };

export const unaryKernels = {
  Exp: unary(exp),
  Log: unary(log),
  Sqrt: unary(sqrt),
  Rsqrt: unary(rsqrt),
  Reciprocal: unary(reciprocal),
  Abs: unary(absolute),
  Sin: unary(sine),
  Cos: unary(cosine),
  Floor: unary(floor),
  Ceil: unary(ceil),
  Sign: unary(sign),
  Elu: unary(elu),
  EluGrad: eluGrad,
  Relu6: unary(relu6),
  LeakyRelu: leakyRelu,
  IsNan: isNaNKernel,
  LogicalNot: logicalNot,
  Step: step,
  ClipByValue: clip,
};
