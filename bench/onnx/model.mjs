// @ts-check
/**
 * Models, as onnxruntime wants them: an ONNX file in memory (onnx.proto3 of the ONNX project; the field numbers are its own).
 */
import { importPeer } from '../peer.mjs';

/** @import { Protobuf, ModelParts } from './types.js' */

const messages = {
  ModelProto: { irVersion: ['int64', 1], graph: ['GraphProto', 7], opsetImport: ['OperatorSetIdProto', 8, 'repeated'] },
  OperatorSetIdProto: { domain: ['string', 1], version: ['int64', 2] },
  GraphProto: {
    node: ['NodeProto', 1, 'repeated'],
    name: ['string', 2],
    initializer: ['TensorProto', 5, 'repeated'],
    input: ['ValueInfoProto', 11, 'repeated'],
    output: ['ValueInfoProto', 12, 'repeated'],
  },
  NodeProto: {
    input: ['string', 1, 'repeated'],
    output: ['string', 2, 'repeated'],
    opType: ['string', 4],
    attribute: ['AttributeProto', 5, 'repeated'],
    domain: ['string', 7],
  },
  AttributeProto: { name: ['string', 1], f: ['float', 2], i: ['int64', 3], ints: ['int64', 8, 'repeated'], type: ['int32', 20] },
  TensorProto: { dims: ['int64', 1, 'repeated'], dataType: ['int32', 2], name: ['string', 8], rawData: ['bytes', 9] },
  ValueInfoProto: { name: ['string', 1], type: ['TypeProto', 2] },
  TypeProto: { tensorType: ['TensorType', 1] },
  TensorType: { elemType: ['int32', 1], shape: ['TensorShapeProto', 2] },
  TensorShapeProto: { dim: ['Dimension', 1, 'repeated'] },
  Dimension: { dimValue: ['int64', 1] },
};

/** TensorProto.DataType. */
const elemTypes = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** What protobufjs calls a set of messages. */
const descriptor = {
  nested: Object.fromEntries(
    Object.entries(messages).map(([name, fields]) => [
      name,
      {
        fields: Object.fromEntries(Object.entries(fields).map(([field, [type, id, rule]]) => [field, { type, id, ...(rule && { rule }) }])),
      },
    ]),
  ),
};

/** @param {{ readonly name: string, readonly type: keyof typeof elemTypes, readonly dims: readonly number[] }} value */
const valueInfo = ({ name, type, dims }) => ({
  name,
  type: { tensorType: { elemType: elemTypes[type], shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});

/** Whole numbers are ints but for those that ONNX defines as floats. @param {[string, number | readonly number[]]} attribute */
function attributeOf([name, value]) {
  if (typeof value !== 'number') return { name, ints: value, type: 7 };
  return name === 'scale' || name === 'epsilon' ? { name, f: value, type: 1 } : { name, i: value, type: 2 };
}

/**
 * @param {ModelParts} parts
 * @returns {Promise<Uint8Array>} the file
 */
export async function modelOf({ nodes, inputs, constants = [], outputs }) {
  const protobuf = /** @type {Protobuf} */ (await importPeer('protobufjs'));
  const Model = protobuf.Root.fromJSON(descriptor).lookupType('ModelProto');
  const model = {
    irVersion: 10,
    opsetImport: [
      { domain: '', version: 23 },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: 'case',
      node: nodes.map(({ operator, domain = '', attributes = {}, takes, gives }) => ({
        opType: operator,
        domain,
        input: takes,
        output: gives,
        attribute: Object.entries(attributes).map(attributeOf),
      })),
      initializer: constants.map(({ name, type, dims, data }) => ({
        name,
        dims,
        dataType: elemTypes[type],
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    },
  };
  return Model.encode(Model.fromObject(model)).finish();
}
