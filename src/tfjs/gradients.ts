/**
 * Gradients that TensorFlow.js lacks: registered for all of its backends, as all gradients are, and only where there is none.
 * @module
 */
import { broadcastTo, Einsum, einsum, getGradient, type NamedAttrMap, registerGradient, reshape, type Tensor } from '@tensorflow/tfjs-core';

export function registerGradients(): void {
  if (getGradient(Einsum) !== undefined) return;
  registerGradient({
    kernelName: Einsum,
    saveAllInputs: true,
    gradFunc: (dy, inputs, attrs) =>
      Object.fromEntries(
        inputs.map((_, i) => [i, () => einsumGradient(dy as Tensor, inputs, (attrs as NamedAttrMap).equation as string, i)]),
      ),
  });
}

/** Of the which-th input: the einsum of dy and the other one; along what the input alone has and is summed over, the same everywhere. */
function einsumGradient(dy: Tensor, inputs: readonly Tensor[], equation: string, which: number): Tensor {
  const [terms = '', result = ''] = equation.replaceAll(/\s/g, '').split('->');
  const names = terms.split(',');
  const own = names[which] ?? '';
  const { shape } = inputs[which] as Tensor;
  const others = inputs.filter((_, i) => i !== which);
  const known = [result, ...names.filter((_, i) => i !== which)];
  const isKnown = [...own].map((name) => known.some((term) => term.includes(name)));
  const reached = [...own].filter((_, i) => isKnown[i]).join('');
  const gradient = einsum(`${known.join(',')}->${reached}`, dy, ...others);
  if (reached === own) return gradient;
  const kept = shape.map((size, i) => (isKnown[i] ? size : 1));
  return broadcastTo(reshape(gradient, kept), shape);
}
